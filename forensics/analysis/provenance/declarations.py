"""What the manifests declare about how the picture came to be."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from forensics.analysis.provenance.judgment import failures
from forensics.analysis.provenance.statuses import Touches, touches
from forensics.analysis.provenance.tree import actions_of, ingredients_of
from forensics.analysis.provenance.values import as_map, text_of
from forensics.analysis.provenance.vocabulary import (
    CAPTURES,
    COMPOSITE,
    CREATED,
    HARMLESS,
    TRAINED,
    source_term,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_ANCESTORS: Final = 60
_PARTS_FROM: Final = frozenset(("componentOf",))


class Origin(StrEnum):
    """What a credential says the picture is."""

    GENERATED = "generated"
    PARTLY_GENERATED = "partly_generated"
    CAPTURED = "captured"
    UNSAID = "unsaid"


def declared_origin(store: Mapping[str, Any]) -> Origin:
    """Read the origin off the actions of a picture and of what it was made from.

    A generated original stays generated however it was edited; a generated picture
    that was placed into another makes that one partly so. A capture is one that names
    no edit and no ingredient. Ingredients whose own credential failed say nothing.
    """
    manifests = as_map(store.get("manifests"))
    line, parts = _ancestry(manifests, text_of(store.get("active_manifest"), 500))
    whole = [_made(manifest) for manifest in line]
    if Origin.GENERATED in whole:
        return Origin.GENERATED
    pieces = whole + [_made(manifest) for manifest in parts]
    if {Origin.GENERATED, Origin.PARTLY_GENERATED} & set(pieces):
        return Origin.PARTLY_GENERATED
    is_untouched = len(line) == 1 and not ingredients_of(line[0])
    if is_untouched and _is_capture(line[0]):
        return Origin.CAPTURED
    return Origin.UNSAID


def _ancestry(
    manifests: Mapping[str, Any], active: str
) -> tuple[list[Mapping[str, Any]], list[Mapping[str, Any]]]:
    """Return the line of originals, the picture's own first, and all placed parts."""
    line: list[Mapping[str, Any]] = []
    parts: list[Mapping[str, Any]] = []
    waiting, seen = [(active, True)], set[str]()
    while waiting and len(seen) < _MAX_ANCESTORS:
        label, is_line = waiting.pop()
        if label in seen or label not in manifests:
            continue
        seen.add(label)
        manifest = as_map(manifests[label])
        (line if is_line else parts).append(manifest)
        for ingredient in ingredients_of(manifest):
            relationship = ingredient.get("relationship")
            is_part = relationship in _PARTS_FROM
            if (is_part or relationship == "parentOf") and not _is_broken(ingredient):
                label = text_of(ingredient.get("active_manifest"), 500)
                waiting.append((label, is_line and not is_part))
    return line, parts


def _made(manifest: Mapping[str, Any]) -> Origin:
    found = Origin.UNSAID
    for action in actions_of(manifest):
        term = source_term(action.get("digitalSourceType"))
        if term == TRAINED and action.get("action") == CREATED:
            return Origin.GENERATED
        if term in {TRAINED, COMPOSITE}:
            found = Origin.PARTLY_GENERATED
    return found


def _is_capture(manifest: Mapping[str, Any]) -> bool:
    actions = list(actions_of(manifest))
    names = {action.get("action") for action in actions}
    terms = {
        source_term(action.get("digitalSourceType"))
        for action in actions
        if action.get("action") == CREATED
    }
    return bool(terms) and terms <= CAPTURES and names <= HARMLESS


def _is_broken(ingredient: Mapping[str, Any]) -> bool:
    bad = failures(ingredient.get("validation_results"))
    return any(touches(code) in {Touches.CONTENT, Touches.RECORD} for code in bad)
