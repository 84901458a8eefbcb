"""Two worlds on one installation."""

from __future__ import annotations

import pytest

from tests.isolation.worlds import World, make_world


@pytest.fixture
def ours(db: None) -> World:
    return make_world("walrus", is_first=True)


@pytest.fixture
def theirs(db: None, ours: World) -> World:
    return make_world("zebra", is_first=False)
