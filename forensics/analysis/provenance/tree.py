"""The manifests of a store as a tree: what was done, with what, from what."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from forensics.analysis.provenance.judgment import failures
from forensics.analysis.provenance.statuses import Touches, sentence, touches
from forensics.analysis.provenance.values import (
    as_list,
    as_map,
    text_of,
    without_empty,
)
from forensics.analysis.provenance.vocabulary import (
    action_words,
    source_term,
    source_words,
    training_words,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from forensics.analysis.types import Json

MAX_DEPTH: Final = 6
MAX_NODES: Final = 60
MAX_ACTIONS: Final = 40
_MAX_LABELS: Final = 30
_MAX_INGREDIENTS: Final = 200
_ACTIONS: Final = ("c2pa.actions", "c2pa.actions.v2")
_TRAINING: Final = ("c2pa.training-mining", "cawg.training-mining")


@dataclass(slots=True)
class _Budget:
    """How many nodes are left, and how many did not fit."""

    left: int = MAX_NODES
    omitted: int = 0


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree of JSON nodes; ``omitted`` pictures did not fit its caps."""

    root: Mapping[str, Json]
    omitted: int


def build_tree(store: Mapping[str, Any]) -> Tree:
    """Draw the active manifest and what went into it, within the caps.

    A manifest that is its own ancestor is drawn once and then only named.
    """
    manifests = as_map(store.get("manifests"))
    label = text_of(store.get("active_manifest"), 500)
    budget = _Budget()
    root = _node(manifests, label, (), budget)
    return Tree(root, budget.omitted)


def actions_of(manifest: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield the actions of one manifest, at most ``MAX_ACTIONS``."""
    left = MAX_ACTIONS
    for assertion in as_list(manifest.get("assertions")):
        label = as_map(assertion).get("label")
        if not isinstance(label, str) or _bare(label) not in _ACTIONS:
            continue
        data = as_map(as_map(assertion).get("data"))
        for action in as_list(data.get("actions"))[:left]:
            left -= 1
            yield as_map(action)


def ingredients_of(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the pictures that one manifest says went into its own."""
    found = as_list(manifest.get("ingredients"))[:_MAX_INGREDIENTS]
    return [as_map(ingredient) for ingredient in found]


def _node(
    manifests: Mapping[str, Any], label: str, above: tuple[str, ...], budget: _Budget
) -> dict[str, Json]:
    manifest = as_map(manifests.get(label))
    signature = as_map(manifest.get("signature_info"))
    budget.left -= 1
    node: dict[str, Json] = {
        "title": text_of(manifest.get("title")),
        "generator": generator_of(manifest),
        "signer": text_of(signature.get("common_name")),
        "organization": text_of(signature.get("issuer")),
        "signed_at": text_of(signature.get("time"), 40),
        "actions": [_action(action) for action in actions_of(manifest)],
        "training": _training(manifest),
        "assertions": _labels(manifest),
    }
    node["ingredients"] = _ingredients(manifests, manifest, (*above, label), budget)
    return without_empty(node)


def _ingredients(
    manifests: Mapping[str, Any],
    manifest: Mapping[str, Any],
    above: tuple[str, ...],
    budget: _Budget,
) -> list[Json]:
    drawn: list[Json] = []
    for ingredient in ingredients_of(manifest):
        if budget.left <= 0 or len(above) >= MAX_DEPTH:
            budget.omitted += 1
            continue
        label = text_of(ingredient.get("active_manifest"), 500)
        if label in manifests and label not in above:
            inner = _node(manifests, label, above, budget)
        else:
            budget.left -= 1
            inner = {"is_repeated": True} if label in above else {}
        drawn.append({**inner, **_as_ingredient(ingredient)})
    return drawn


def _as_ingredient(ingredient: Mapping[str, Any]) -> dict[str, Json]:
    bad = failures(ingredient.get("validation_results"))
    grave = [c for c in bad if touches(c) in {Touches.CONTENT, Touches.RECORD}]
    return without_empty(
        {
            "title": text_of(ingredient.get("title")),
            "relationship": text_of(ingredient.get("relationship"), 40),
            "format": text_of(ingredient.get("format"), 60),
            "has_credential": bool(ingredient.get("active_manifest")),
            "problems": [sentence(code) for code in dict.fromkeys(grave[:5])],
        }
    )


def generator_of(manifest: Mapping[str, Any]) -> str:
    """Name the program that made a manifest."""
    for info in as_list(manifest.get("claim_generator_info"))[:1]:
        name, version = as_map(info).get("name"), as_map(info).get("version")
        return f"{text_of(name, 120)} {text_of(version, 40)}".strip()
    return text_of(manifest.get("claim_generator"), 120)


def _action(action: Mapping[str, Any]) -> Json:
    name = text_of(action.get("action"), 80)
    agent = action.get("softwareAgent")
    software = agent if isinstance(agent, str) else as_map(agent).get("name")
    term = source_term(action.get("digitalSourceType"))
    return without_empty(
        {
            "action": name,
            "words": action_words(name),
            "when": text_of(action.get("when"), 40),
            "software": text_of(software, 120),
            "description": text_of(action.get("description")),
            "source_type": term,
            "source_words": source_words(term),
        }
    )


def _training(manifest: Mapping[str, Any]) -> list[Json]:
    said: list[Json] = []
    for assertion in as_list(manifest.get("assertions"))[:_MAX_INGREDIENTS]:
        label = as_map(assertion).get("label")
        if isinstance(label, str) and _bare(label) in _TRAINING:
            entries = as_map(as_map(as_map(assertion).get("data")).get("entries"))
            said += [
                training_words(text_of(name, 80), text_of(as_map(e).get("use"), 40))
                for name, e in list(entries.items())[:10]
            ]
    return said


def _labels(manifest: Mapping[str, Any]) -> list[Json]:
    found = as_list(manifest.get("assertions"))[:_MAX_LABELS]
    labels = (text_of(as_map(assertion).get("label"), 80) for assertion in found)
    return [label for label in labels if label]


def _bare(label: str) -> str:
    return label.partition("__")[0]
