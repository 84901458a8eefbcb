"""The client speaks of what the server's own description speaks of."""

from __future__ import annotations

from typing import Any

import pytest
from pixelwarden import Client, resources, words
from pixelwarden.decoding import Resource, Word, hints_of

pytestmark = pytest.mark.processes

# Where one class stands for several shapes, or has another name.
SHAPES = {
    "Image": ("Image", "ReceivedImage", "AnsweredImage"),
    "Case": ("Case", "ClaimedCase"),
    "Comment": ("Comment", "Commented"),
    "Upload": ("Upload", "BegunUpload"),
    "Batch": ("BatchResult",),
    "BatchItem": ("BatchAnswer",),
}
WORDS = {"Priority": "PriorityEnum"}
# Announced for later; see the issue on the API.
AHEAD = {"AnalysisStatus": {"not_applicable"}}


@pytest.fixture(scope="module")
def schemas(server: Any, key_of: Any) -> dict[str, Any]:
    with Client(server.url, key_of("moderator")) as client:
        found = client.request("GET", "schema/", params={"format": "json"})
    schemas: dict[str, Any] = found["components"]["schemas"]
    return schemas


def of_kind(base: type) -> list[type]:
    return [
        kind
        for kind in (vars(resources) | vars(words)).values()
        if isinstance(kind, type) and issubclass(kind, base) and kind is not base
    ]


@pytest.mark.parametrize("kind", of_kind(Resource), ids=lambda kind: kind.__name__)
def test_no_member_is_made_up(kind: type, schemas: dict[str, Any]) -> None:
    names = SHAPES.get(kind.__name__, (kind.__name__,))
    sent = {member for name in names for member in schemas[name]["properties"]}
    assert set(hints_of(kind)) <= sent


@pytest.mark.parametrize("kind", of_kind(Word), ids=lambda kind: kind.__name__)
def test_no_word_is_made_up(kind: type[Word], schemas: dict[str, Any]) -> None:
    name = WORDS.get(kind.__name__, kind.__name__)
    ahead = AHEAD.get(kind.__name__, set())
    assert {str(word) for word in kind} - ahead <= set(schemas[name]["enum"])
