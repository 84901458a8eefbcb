"""Says in words what a report and a fresh analysis of the same bytes have in common.

Pure: two JSON values in, lines out. What comes from the report's file is a stranger's
text: it is cut, and what a terminal would obey is replaced.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forensics.reporting.document import DIGEST, digest_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# Numbers count as the same within this share of the larger one, or this much.
TOLERANCE = 1e-3
_MOST_DIFFERENCES = 8
_LONGEST = 100


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was compared. ``is_result``: it is part of what was found."""

    topic: str
    text: str
    is_same: bool
    is_result: bool = True


def compare(
    recorded: Mapping[str, Any],
    here: Mapping[str, Any],
    *,
    software: Mapping[str, str],
    tolerance: float = TOLERANCE,
) -> list[Line]:
    """Compare a report with what this installation finds.

    Parameters
    ----------
    recorded : mapping
        A whole report that ``read_report`` has checked.
    here : mapping
        ``document.of_report`` of the fresh result.
    software : mapping
        ``document.software()``.
    tolerance : float
        See ``TOLERANCE``.
    """
    then = recorded["analysis"]
    return [
        seal(recorded),
        *_software(recorded["made"]["software"], software),
        _pipeline(then, here),
        *_models(then["models"], here["models"]),
        _table("Parameters", then["parameters"], here["parameters"]),
        _table("Codecs", then["codecs"], here["codecs"]),
        _verdict(then, here),
        _score(then, here, tolerance),
        *_worth(then, here, tolerance),
        *_findings(then["findings"], here["findings"], tolerance),
        *_pictures(then, here),
    ]


def seal(recorded: Mapping[str, Any]) -> Line:
    """Say whether the report is as it was made. The digest is no signature."""
    if digest_of(recorded) == recorded[DIGEST]:
        return Line("Report", "unchanged since it was made", is_same=True)
    return Line(
        "Report",
        "altered since it was made: its contents do not have the digest written in it",
        is_same=False,
    )


def differences(
    then: Any, now: Any, *, tolerance: float, place: str = ""
) -> Iterator[str]:
    """Yield where two JSON values differ, in words.

    Two numbers are the same within the tolerance; everything else must be equal.
    """
    if _is_number(then) and _is_number(now):
        if not _is_close(then, now, tolerance):
            yield f"{_at(place)}{shown(then)} in the report, {shown(now)} here"
    elif isinstance(then, dict) and isinstance(now, dict):
        for key in sorted({*then, *now}):
            inner = f"{place}.{key}" if place else str(key)
            yield from _of_key(then, now, key, inner, tolerance)
    elif isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        for number, pair in enumerate(zip(then, now, strict=True), 1):
            yield from differences(
                *pair, tolerance=tolerance, place=f"{place}[{number}]"
            )
    elif type(then) is not type(now) or then != now:
        yield f"{_at(place)}{shown(then)} in the report, {shown(now)} here"


def _of_key(
    then: Mapping[str, Any],
    now: Mapping[str, Any],
    key: str,
    place: str,
    tolerance: float,
) -> Iterator[str]:
    if key not in now:
        yield f"{_at(place)}only in the report"
    elif key not in then:
        yield f"{_at(place)}only here"
    else:
        yield from differences(then[key], now[key], tolerance=tolerance, place=place)


def shown(value: Any) -> str:
    """Write a value so that no terminal obeys it."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = "".join(c if c.isprintable() else "?" for c in text[: _LONGEST + 1])
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _at(place: str) -> str:
    return f"{shown(place)}: " if place else ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_close(one: float, other: float, tolerance: float) -> bool:
    try:
        return math.isclose(one, other, rel_tol=tolerance, abs_tol=tolerance)
    except OverflowError:  # whole numbers beyond a double's range
        return one == other


def _software(then: Mapping[str, str], now: Mapping[str, str]) -> Iterator[Line]:
    for name in ("version", "python"):
        topic = "Software" if name == "version" else "Python"
        same = then[name] == now[name]
        text = shown(now[name])
        if not same:
            text = f"{shown(then[name])} made the report, {text} is here"
        yield Line(topic, text, is_same=same, is_result=False)


def _pipeline(then: Mapping[str, Any], here: Mapping[str, Any]) -> Line:
    was, now = then["pipeline_version"], here["pipeline_version"]
    same = was == now
    text = shown(now) if same else f"{shown(was)} in the report, {shown(now)} here"
    return Line("Pipeline", text, is_same=same, is_result=False)


def _models(
    then: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]
) -> Iterator[Line]:
    here = {model["name"]: model for model in now}
    for model in then:
        found = here.pop(model["name"], None)
        yield _model(model, found)
    for model in here.values():
        text = f"{shown(model['name'])} {shown(model['version'])} took part only here"
        yield Line("Model", text, is_same=False, is_result=False)


def _model(then: Mapping[str, Any], now: Mapping[str, Any] | None) -> Line:
    name = f"{shown(then['name'])} {shown(then['version'])}"
    if now is None:
        text = f"{name} took part in the report, not here"
    elif (then["version"], then["engine"]) != (now["version"], now["engine"]):
        text = (
            f"{name} ({shown(then['engine'])}) in the report, version "
            f"{shown(now['version'])} ({shown(now['engine'])}) here"
        )
    elif then["sha256"] != now["sha256"]:
        digests = f"{shown(then['sha256'][:12])} in the report, {now['sha256'][:12]}"
        text = f"{name}: other weights (SHA-256 {digests} here)"
    else:
        return Line("Model", f"{name}, same SHA-256", is_same=True, is_result=False)
    return Line("Model", text, is_same=False, is_result=False)


def _table(topic: str, then: Mapping[str, Any], now: Mapping[str, Any]) -> Line:
    found = list(differences(then, now, tolerance=0.0))
    text = _joined(found) if found else f"all {len(now)} the same"
    return Line(topic, text, is_same=not found, is_result=False)


def _verdict(then: Mapping[str, Any], here: Mapping[str, Any]) -> Line:
    was, now = then["verdict"], here["verdict"]
    text = now if was == now else f"{shown(was)} in the report, {now} here"
    return Line("Verdict", text, is_same=was == now)


def _score(then: Mapping[str, Any], here: Mapping[str, Any], tolerance: float) -> Line:
    was, now = then["score"], here["score"]
    same = _is_close(was, now, tolerance)
    text = f"{now:.4f}" if same else f"{was:.4f} in the report, {now:.4f} here"
    return Line("Score", text, is_same=same)


def _worth(
    then: Mapping[str, Any], here: Mapping[str, Any], tolerance: float
) -> Iterator[Line]:
    for topic, name in (("Uncertainty", "uncertainty"), ("Reasons", "reasons")):
        found = list(differences(then[name], here[name], tolerance=tolerance))
        yield Line(topic, _joined(found) or "the same", is_same=not found)


def _findings(
    then: Sequence[Mapping[str, Any]],
    now: Sequence[Mapping[str, Any]],
    tolerance: float,
) -> Iterator[Line]:
    here = {finding["name"]: finding for finding in now}
    for finding in then:
        topic = f"Finding {shown(finding['name'])}"
        found = here.pop(finding["name"], None)
        if found is None:
            text = "this installation has no such check"
            yield Line(topic, text, is_same=False)
        else:
            yield _finding(topic, finding, found, tolerance)
    for name in here:
        text = "this check ran here; the report has none"
        yield Line(f"Finding {name}", text, is_same=False)


def _finding(
    topic: str, then: Mapping[str, Any], now: Mapping[str, Any], tolerance: float
) -> Line:
    compared = ("version", "status", "score", "codes", "data", "summary")
    found = [
        difference
        for name in compared
        for difference in differences(
            then[name], now[name], tolerance=tolerance, place=name
        )
    ]
    return Line(topic, _joined(found) or "the same", is_same=not found)


def _pictures(then: Mapping[str, Any], here: Mapping[str, Any]) -> Iterator[Line]:
    was, now = _digests(then), _digests(here)
    if not was and not now:
        return
    missing = sorted(kind for kind, digest in was.items() if digest is None)
    other = sorted(
        kind
        for kind in {*was, *now}
        if kind not in missing and was.get(kind) != now.get(kind)
    )
    if missing:
        text = f"the report has no digest of: {_joined([shown(k) for k in missing])}"
        yield Line("Pictures", text, is_same=False)
    if other:
        text = f"not the same bytes: {_joined([shown(kind) for kind in other])}"
        yield Line("Pictures", text, is_same=False)
    if not missing and not other:
        yield Line("Pictures", f"all {len(now)} the same bytes", is_same=True)


def _digests(analysis: Mapping[str, Any]) -> dict[str, str | None]:
    pictures = [
        *analysis["renditions"],
        *(one for finding in analysis["findings"] for one in finding["pictures"]),
    ]
    return {picture["kind"]: picture["sha256"] for picture in pictures}


def _joined(found: Sequence[str]) -> str:
    text = "; ".join(found[:_MOST_DIFFERENCES])
    more = len(found) - _MOST_DIFFERENCES
    return f"{text}; and {more} more" if more > 0 else text
