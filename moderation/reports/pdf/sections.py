"""The parts of the printed report, from its document alone."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import (
    CondPageBreak,
    Flowable,
    HRFlowable,
    KeepTogether,
    PageBreak,
    Spacer,
    Table,
    TableStyle,
)

from forensics.analysis.types import FindingStatus
from forensics.explanation import Explanation, explain, strength
from forensics.wording import (
    FINDING_STATES,
    analyzer_words,
    measured_words,
    percent,
    verdict_words,
)
from moderation.models import DecisionReason, Outcome
from moderation.reports.pdf.pictures import PrintedPictures
from moderation.reports.pdf.text import paragraph

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from moderation.reports.document import EvidenceReport

WIDTH = A4[0] - 36 * mm
_NAMES = 38 * mm
_MOST_ROWS = 40
_MOST_DEPTH = 8
_LINE = HexColor(0xDDE2E8)
_GRID = TableStyle(
    [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEABOVE", (0, 0), (-1, -1), 0.4, _LINE),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), 6),
        ("TOPPADDING", (0, 0), (-1, -1), 2),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ]
)


def story(report: EvidenceReport) -> list[Flowable]:
    """Return everything that is printed, in order."""
    document = report.document
    pictures = PrintedPictures(report.pictures)
    return [
        *_head(document, pictures),
        *_verdict(document["analysis"]),
        *_original(document),
        *_findings(document["analysis"], pictures),
        *_decisions(document["cases"]),
        *_reproduction(document),
        *_appendix(document["analysis"]),
    ]


def _head(document: Mapping[str, Any], pictures: PrintedPictures) -> Iterator[Flowable]:
    made, analysis = document["made"], document["analysis"]
    yield paragraph("Evidence report", "title")
    yield paragraph(
        f"Made by {made['by']} on {_when(made['at'])} with {made['software']['name']} "
        f"{made['software']['version']}. Analyzed on {_when(analysis['finished_at'])}.",
        "soft",
    )
    yield Spacer(0, 4 * mm)
    yield pictures.one("preview", WIDTH, tallest=75 * mm)


def _verdict(analysis: Mapping[str, Any]) -> Iterator[Flowable]:
    words = verdict_words(analysis["verdict"])
    yield paragraph("What the analysis says", "h2")
    yield paragraph(
        f"{words.label}, {percent(analysis['score'])}", f"verdict-{analysis['verdict']}"
    )
    yield paragraph(str(words.meaning))
    for sentence in measured_words(analysis["uncertainty"] or {}):
        yield paragraph(sentence, "soft")
    if analysis["status"] == "partial":
        yield paragraph("A check failed; the verdict rests on the others.", "strong")
    yield paragraph("Why", "h3")
    reasons = analysis["reasons"]
    rows = [(strength(float(r["weight"])), r["text"]) for r in reasons]
    yield _table(rows or [("", "No check had anything to say for or against it.")])
    yield paragraph(
        "The score, 1 to 99 %, says how strongly the evidence leans towards fake. "
        "Every check can be wrong or fooled: read the reasons.",
        "soft",
    )


def _original(document: Mapping[str, Any]) -> Iterator[Flowable]:
    original = document["original"]
    yield paragraph("The original", "h2")
    yield _table(
        [
            ("SHA-256", original["sha256"]),
            ("File", f"{original['format']} ({original['media_type']})"),
            ("Size", f"{original['byte_size']:,} bytes"),
            ("Pixels", f"{original['width']} x {original['height']}, as stored"),
            ("First received", _when(original["received_at"])),
            *(
                ("Received", _arrival(arrival))
                for arrival in islice(document["submissions"], _MOST_ROWS)
            ),
        ]
    )


def _arrival(arrival: Mapping[str, Any]) -> str:
    sender = f" from {arrival['by']}" if arrival["by"] else ""
    return f"{arrival['name'] or '(no name)'}, {_when(arrival['at'])}{sender}"


def _findings(
    analysis: Mapping[str, Any], pictures: PrintedPictures
) -> Iterator[Flowable]:
    explained = [
        (finding, _explained(finding, analysis)) for finding in analysis["findings"]
    ]
    loud = [pair for pair in explained if pair[1].speaks]
    loud.sort(key=lambda pair: (pair[0]["status"] != "ok", -abs(pair[1].weight)))
    quiet = [pair for pair in explained if not pair[1].speaks]
    for heading, pairs in (
        (f"Something to look at ({len(loud)})", loud),
        (f"Nothing found, or not applicable ({len(quiet)})", quiet),
    ):
        before = [paragraph(heading, "h2")]
        for finding, explanation in pairs:
            yield from _finding(finding, explanation, pictures, before)
            before = []
        yield from before


def _explained(finding: Mapping[str, Any], analysis: Mapping[str, Any]) -> Explanation:
    return explain(
        name=finding["name"],
        status=finding["status"],
        codes=finding["codes"],
        reasons=analysis["reasons"],
    )


def _finding(
    finding: Mapping[str, Any],
    explanation: Explanation,
    pictures: PrintedPictures,
    before: Sequence[Flowable],
) -> Iterator[Flowable]:
    state = FINDING_STATES[FindingStatus(finding["status"])].label
    version = f"{finding['name']} {finding['version']}"
    yield KeepTogether(
        [
            *before,
            paragraph(str(analyzer_words(finding["name"]).label), "h3"),
            paragraph(f"{state} in {finding['elapsed_ms']:.0f} ms. {version}", "soft"),
            _table(
                [
                    ("What we looked at", explanation.looked_at),
                    ("What we found", finding["summary"]),
                    ("What it means", explanation.means),
                    ("What it cannot tell", explanation.cannot_tell),
                ]
            ),
        ]
    )
    for picture in finding["pictures"]:
        yield Spacer(0, 2 * mm)
        yield pictures.beside_original(picture, width=WIDTH)


def _appendix(analysis: Mapping[str, Any]) -> Iterator[Flowable]:
    yield PageBreak()
    yield paragraph("Appendix: the data of each check", "h2")
    for finding in analysis["findings"]:
        yield from _data(finding)


def _data(finding: Mapping[str, Any]) -> Iterator[Flowable]:
    score = [] if finding["score"] is None else [("score", finding["score"])]
    codes = [("codes", ", ".join(finding["codes"]))] if finding["codes"] else []
    rows = list(islice(flattened(finding["data"]), _MOST_ROWS + 1))
    cut = rows[_MOST_ROWS:]
    if score or codes or rows:
        yield CondPageBreak(30 * mm)
        yield paragraph(str(analyzer_words(finding["name"]).label), "h4")
        yield _table([*score, *codes, *rows[:_MOST_ROWS]], style="mono", longest=400)
    if cut:
        yield paragraph("The JSON report holds the rest of the data.", "soft")


def flattened(value: Any, place: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """Yield JSON as lines of place and value; a table of tags by the tags' names."""
    if isinstance(value, dict) and value and depth < _MOST_DEPTH:
        for key, inner in value.items():
            yield from flattened(inner, f"{place}.{key}" if place else key, depth + 1)
    elif isinstance(value, list) and value and depth < _MOST_DEPTH:
        for number, inner in enumerate(value, 1):
            if isinstance(inner, dict) and inner.keys() == {"tag", "value"}:
                tag = f"{place}.{inner['tag']}"
                yield from flattened(inner["value"], tag, depth + 1)
            elif not isinstance(inner, dict | list):
                yield place, ", ".join(str(one) for one in value)
                return
            else:
                yield from flattened(inner, f"{place}[{number}]", depth + 1)
    elif isinstance(value, dict | list):
        yield place, json.dumps(value)
    else:
        yield place, str(value)


def _decisions(cases: Sequence[Mapping[str, Any]] | None) -> Iterator[Flowable]:
    yield paragraph("What people decided", "h2")
    if cases is None:
        yield paragraph("Left out: who made this report may not see cases.")
        return
    rows = [
        (_when(decision["at"]), _decided(decision))
        for case in cases
        for decision in case["decisions"]
    ]
    if rows:
        yield _table(rows)
    else:
        yield paragraph("Nothing yet.")


def _decided(decision: Mapping[str, Any]) -> str:
    outcome = dict(Outcome.choices).get(decision["outcome"], decision["outcome"])
    reason = dict(DecisionReason.choices).get(decision["reason"], decision["reason"])
    text = f"{outcome}, by {decision['by']}: {reason}."
    if decision["note"]:
        text += f"\n“{decision['note']}”"
    if decision["withdrawn_at"]:
        text += f"\nWithdrawn on {_when(decision['withdrawn_at'])}."
    return text


def _reproduction(document: Mapping[str, Any]) -> Iterator[Flowable]:
    analysis = document["analysis"]
    codecs = ", ".join(f"{k} {v}" for k, v in sorted(analysis["codecs"].items()))
    models = [
        ("Model", f"{m['name']} {m['version']} ({m['engine']})\nSHA-256 {m['sha256']}")
        for m in analysis["models"]
    ]
    found = flattened(analysis["parameters"])
    parameters = [("Parameter", f"{name} = {value}") for name, value in found]
    yield paragraph("How to reproduce this", "h2")
    yield _table(
        [
            ("Analysis", analysis["id"]),
            ("Pipeline", analysis["pipeline_version"]),
            *models,
            ("Codecs", codecs),
            *parameters,
            ("Took", f"{analysis['elapsed_ms'] or 0:.0f} ms"),
        ]
    )
    yield Spacer(0, 3 * mm)
    yield HRFlowable(width="100%", thickness=0.4, color=_LINE)
    yield paragraph(
        "Any installation of Pixelwarden can check the JSON report:",
        "soft",
    )
    yield paragraph("manage.py verify_report REPORT.json --image ORIGINAL", "mono")


def _table(
    rows: Iterable[tuple[object, object]], *, style: str = "body", longest: int = 1500
) -> Table:
    cells = [
        [paragraph(name, "soft", longest=120), paragraph(value, style, longest=longest)]
        for name, value in rows
        if value != ""
    ]
    return Table(
        cells,
        colWidths=[_NAMES, WIDTH - _NAMES],
        hAlign="LEFT",
        style=_GRID,
        splitInRow=1,
    )


def _when(time: str | None) -> str:
    """Write an ISO time, which is in UTC, to the second."""
    return f"{time[:10]} {time[11:19]} UTC" if time else "(not recorded)"
