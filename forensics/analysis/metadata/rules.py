"""Rules that turn metadata into stable codes with a sentence in plain words."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from forensics.analysis.metadata.camera import AGREES_ABOVE, camera_original
from forensics.analysis.metadata.clock import time_contradiction
from forensics.analysis.metadata.programs import (
    ProgramKind,
    identify,
    identify_notice,
)
from forensics.analysis.metadata.values import clean_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from forensics.analysis.metadata.facts import Facts, Named

# benchmarks/bench_thumbnails.py on 319 photographs: the same picture's thumbnail, also
# letterboxed or cropped, correlated at .839 or more; of 1,492 pairs of different ones
# 98.7 % lay below .7.
MISMATCH_BELOW = 0.7
_STEPS, _SAMPLER = re.compile(r"\bSteps: \d+"), re.compile(r"\bSampler: \w")
_MIDJOURNEY_JOB = re.compile(r"\bJob ID: [0-9a-f]{8}-[0-9a-f]{4}-")
_GENERATOR_KEYS = frozenset(
    (
        "invokeai_metadata",
        "invokeai_graph",
        "sd-metadata",
        "dream",
        "fooocus_scheme",
        "generation_data",
    )
)
_COMFY_GRAPH = re.compile(r'"class_type"\s*:|"last_node_id"\s*:')
_TRAINED = "trainedAlgorithmicMedia"
_COMPOSITE = "compositeWithTrainedAlgorithmicMedia"
_SCREENSHOT = re.compile(r"^\s*screen ?shot\b|screenshot$", re.IGNORECASE)
_PICTURED_BY_CAMERA = frozenset(("JPEG", "HEIC", "TIFF", "WEBP", "AVIF"))
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that applied: its code, how suspicious (0..1 or None), and the words."""

    code: str
    severity: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A code, its severity, and the check that returns words where it applies.

    A severity of None makes no claim about authenticity; below 0.5 speaks for it.
    """

    code: str
    severity: float | None
    check: Callable[[Facts], str | None]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The rules that apply, the most severe first, and the codes of those that broke.

    Rules read values from strangers: one that fails must not silence the others.
    """

    matches: tuple[Match, ...]
    failed: tuple[str, ...] = ()


def evaluate(facts: Facts) -> Evaluation:
    """Apply every rule; a camera original is one where none accuses or fails."""
    found, failed = _applied(RULES, facts)
    suspicious = any((match.severity or 0.0) >= 0.5 for match in found)
    if not (suspicious or failed or _altered(found)):
        acquitting, broken = _applied((_CAMERA_ORIGINAL,), facts)
        found, failed = found + acquitting, failed + broken
    ordered = sorted(found, key=_severity, reverse=True)
    return Evaluation(tuple(ordered), tuple(failed))


def _applied(rules: tuple[Rule, ...], facts: Facts) -> tuple[list[Match], list[str]]:
    found, failed = [], []
    for rule in rules:
        try:
            words = rule.check(facts)
        except Exception:  # hostile values may break a rule; the others count
            _logger.exception("metadata rule %s failed", rule.code)
            failed.append(rule.code)
            continue
        if words is not None:
            found.append(Match(rule.code, rule.severity, words))
    return found, failed


def _severity(match: Match) -> float:
    return -1.0 if match.severity is None else match.severity


def _altered(found: list[Match]) -> bool:
    codes = {match.code for match in found}
    return bool(codes & {"raw_developer", "resaved_by_tool", "screenshot"})


def _signed(facts: Facts, kind: ProgramKind) -> tuple[str, Named] | None:
    programs = [(identify(named.text), named) for named in facts.software()]
    programs += [(identify_notice(named.text), named) for named in facts.notices()]
    for program, named in programs:
        if program is not None and program[0] is kind:
            return program[1], named
    return None


def _said(program: tuple[str, Named] | None, sentence: str) -> str | None:
    if program is None:
        return None
    name, named = program
    quoted = clean_text(named.text, 80)
    return sentence.format(name=name) + f' ({named.place}: "{quoted}")'


def _ai_generated(facts: Facts) -> str | None:
    declared = _declared(facts, _TRAINED)
    if declared is not None:
        return f"Declared as made by a generative model ({declared})."
    for named in facts.descriptions():
        if _is_recipe(named.text):
            return f"Parameters of an image generator are stored in the {named.place}."
    for key, text in facts.texts:
        is_graph = key.lower() in ("prompt", "workflow") and _COMFY_GRAPH.search(text)
        if key.lower() in _GENERATOR_KEYS or is_graph:
            shown = clean_text(key, 40)
            return f'An image generator stored its recipe in the PNG text "{shown}".'
    generator = _signed(facts, ProgramKind.GENERATOR)
    return _said(generator, "Signed by the image generator {name}")


def _is_recipe(text: str) -> bool:
    is_diffusion = _STEPS.search(text) and _SAMPLER.search(text)
    return bool(is_diffusion or _MIDJOURNEY_JOB.search(text))


def _ai_composite(facts: Facts) -> str | None:
    declared = _declared(facts, _COMPOSITE)
    if declared is None:
        return None
    return f"Declared as containing parts made by a generative model ({declared})."


def _declared(facts: Facts, term: str) -> str | None:
    """Find an IPTC digital source type; the composite's ends in a capital T."""
    for name in ("Iptc4xmpExt:DigitalSourceType", "Iptc4xmpExt:digitalsourcetype"):
        for value in facts.xmp.values(name):
            if value.rstrip("/").rpartition("/")[2] == term:
                return "IPTC digital source type in the XMP"
    return None  # What a C2PA manifest declares is the provenance signal's to check.


def _editing_software(facts: Facts) -> str | None:
    editor = _signed(facts, ProgramKind.EDITOR)
    return _said(editor, "Saved by the image editor {name}")


def _raw_developer(facts: Facts) -> str | None:
    developer = _signed(facts, ProgramKind.RAW_DEVELOPER)
    if developer is None and any(
        name.startswith("crs:") for name in facts.xmp.properties
    ):
        return "Developed with Adobe's raw converter (its settings are in the XMP)."
    return _said(developer, "Developed with {name}, as photographers commonly do")


def _resaved_by_tool(facts: Facts) -> str | None:
    tool = _signed(facts, ProgramKind.RESAVER)
    return _said(tool, "Saved again by {name}, a tool that web sites also use")


def _photoshop_resources(facts: Facts) -> str | None:
    telltales = facts.iptc.telltales
    if not telltales:
        return None
    return f"Photoshop left its working data: {', '.join(telltales[:4])}."


def _thumbnail_mismatch(facts: Facts) -> str | None:
    match = facts.thumbnail
    if match is None or match.correlation is None:
        return None
    if match.correlation >= MISMATCH_BELOW:
        return None
    return (
        "The thumbnail inside the file shows another picture or framing (rank "
        f"correlation {match.correlation:.2f}; the same picture gives above "
        f"{AGREES_ABOVE})."
    )


def _dimension_mismatch(facts: Facts) -> str | None:
    width = facts.exif.number("ExifImageWidth")
    height = facts.exif.number("ExifImageHeight")
    if not width or not height:
        return None
    stored = sorted((facts.width, facts.height))
    if sorted((int(width), int(height))) == stored:
        return None
    return (
        f"EXIF records {int(width):,} x {int(height):,} px, the picture has "
        f"{facts.width:,} x {facts.height:,}: it was cropped or resized afterwards."
    )


def _screenshot(facts: Facts) -> str | None:
    for named in (*facts.descriptions(), *facts.software()):
        if _SCREENSHOT.search(named.text[:200]):
            return f"The {named.place} calls it a screenshot."
    return None


def _metadata_stripped(facts: Facts) -> str | None:
    if facts.is_bare:
        return "The file carries no metadata at all."
    if facts.has_no_camera and facts.format in _PICTURED_BY_CAMERA:
        return "The file names neither camera nor exposure."
    return None


RULES: tuple[Rule, ...] = (
    Rule("ai_generated", 0.98, _ai_generated),
    Rule("ai_composite", 0.93, _ai_composite),
    Rule("thumbnail_mismatch", 0.87, _thumbnail_mismatch),
    Rule("editing_software", 0.7, _editing_software),
    Rule("time_contradiction", 0.6, time_contradiction),
    Rule("dimension_mismatch", 0.6, _dimension_mismatch),
    Rule("photoshop_resources", 0.55, _photoshop_resources),
    Rule("raw_developer", None, _raw_developer),
    Rule("resaved_by_tool", None, _resaved_by_tool),
    Rule("screenshot", None, _screenshot),
    Rule("metadata_stripped", None, _metadata_stripped),
)
_CAMERA_ORIGINAL = Rule("camera_original", 0.1, camera_original)
