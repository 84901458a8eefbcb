"""Uploads, cut connections and killed processes: nothing is lost or twice there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.soak_uploads import run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.processes, pytest.mark.slow]


@pytest.mark.timeout(900)
def test_each_accepted_picture_has_one_image_one_result_and_one_event(
    tmp_path: Path,
) -> None:
    found = run(tmp_path, uploads=300, patience=600)
    assert found["is_right"], found
    for needed in ("answers repeated", "killed: web", "killed: worker"):
        assert found["happened"].get(needed), needed
