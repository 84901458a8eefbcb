"""Words of the API never change their meaning: none may vanish or be renamed.

``enums.json`` pins what there is. New words and new lists of words are added to it by
``PIN_ENUMS=1 pytest tests/api/test_enums.py``, which never takes any out. A word that
must go is a new version of the API.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from config.problem_types import PROBLEM_TYPES
from moderation.audit_words import ACTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.api.conftest import ApiOf

pytestmark = pytest.mark.django_db
PINNED = Path(__file__).with_name("enums.json")


@pytest.fixture
def words(api_of: ApiOf) -> dict[str, list[str]]:
    schema = api_of(None).get("/api/v1/schema/", HTTP_ACCEPT="application/json").json()
    found = dict(_enums(schema["components"]["schemas"], "schemas"))
    found |= dict(_parameters(schema["paths"]))
    found["problem codes"] = sorted(PROBLEM_TYPES)
    found["record's actions"] = sorted(ACTIONS)
    if os.environ.get("PIN_ENUMS") == "1":
        _add(found)
    return found


def test_no_word_has_vanished(words: dict[str, list[str]]) -> None:
    pinned: dict[str, list[str]] = json.loads(PINNED.read_text())

    gone = {
        name: sorted(set(values) - set(words.get(name, ())))
        for name, values in pinned.items()
    }

    assert {name: values for name, values in gone.items() if values} == {}


def test_every_word_is_pinned(words: dict[str, list[str]]) -> None:
    pinned: dict[str, list[str]] = json.loads(PINNED.read_text())

    new = {
        name: sorted(set(values) - set(pinned.get(name, ())))
        for name, values in words.items()
    }

    assert {n: v for n, v in new.items() if v} == {}, "run it with PIN_ENUMS=1"


def _enums(node: Any, place: str) -> Iterator[tuple[str, list[str]]]:
    if isinstance(node, dict):
        if isinstance(node.get("enum"), list):
            yield place, [str(value) for value in node["enum"]]
        for name, inner in node.items():
            yield from _enums(inner, f"{place}.{name}")
    elif isinstance(node, list):
        for number, inner in enumerate(node):
            yield from _enums(inner, f"{place}.{number}")


def _parameters(paths: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    for path, operations in paths.items():
        for method, operation in operations.items():
            for parameter in operation.get("parameters", []):
                place = f"{method} {path} {parameter['name']}"
                yield from _enums(parameter.get("schema", {}), place)


def _add(found: dict[str, list[str]]) -> None:
    pinned = json.loads(PINNED.read_text()) if PINNED.exists() else {}
    for name, values in found.items():
        pinned[name] = sorted({*pinned.get(name, ()), *values})
    PINNED.write_text(json.dumps(pinned, indent=1, sort_keys=True) + "\n")
