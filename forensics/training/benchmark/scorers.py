"""Turns records into scores: of the verdict, of one analyzer, of the bare header."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from forensics.analysis.types import FindingStatus, Verdict
from forensics.training.benchmark.records import VERDICT, Record
from forensics.training.header_only import HEADER_ONLY, cross_group_scores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from forensics.training.benchmark.figures import Marks, Values
    from forensics.training.benchmark.records import Signal

# These put a code on a finding exactly where their own threshold is reached.
_FLAG_BY_CODE = frozenset(
    {
        "copy_move",
        "double_jpeg",
        "filtering",
        "jpeg_ghosts",
        "localizer",
        "noise",
        "resampling",
    }
)
_FLAG_BY_SCORE = {"cnn": 0.5}


@dataclass(frozen=True, slots=True)
class Scored:
    """What a target says of pictures.

    Attributes
    ----------
    scores : ndarray of float64, shape (n,)
        Higher is more suspicious. A picture that the target does not apply to, or
        failed on, has the median of the others: it says nothing.
    called : ndarray of bool or None
        Whether the target's shipped threshold is reached; None where it has none.
    not_applicable, failed, silent : int
        Pictures without a score of their own: it could not look, broke, made no claim.
    """

    scores: Values
    called: Marks | None
    not_applicable: int = 0
    failed: int = 0
    silent: int = 0


def targets_of(records: Sequence[Record]) -> tuple[str, ...]:
    """Name what can be measured: verdict, analyzers with numbers, bare header."""
    names = dict.fromkeys(
        name
        for record in records
        for name, finding in record.findings.items()
        if finding.signal is not None
    )
    return (VERDICT, *names, HEADER_ONLY)


def scored(target: str, records: Sequence[Record], *, seed: int) -> Scored | None:
    """Score pictures; None where the target has nothing to say on any of them.

    Parameters
    ----------
    target : str
        ``verdict``, ``header_only`` or an analyzer's name.
    records : sequence of Record
        Of one protocol, none refused.
    seed : int
        Deals the pictures to halves for the bare header.
    """
    if target == VERDICT:
        return _of_verdict(records)
    if target == HEADER_ONLY:
        return _of_header(records, seed)
    return _of_analyzer(target, records)


def _of_verdict(records: Sequence[Record]) -> Scored:
    alarming = (Verdict.SUSPICIOUS.value, Verdict.FAKE.value)
    return Scored(
        scores=np.array([record.score for record in records], dtype=np.float64),
        called=np.array([record.verdict in alarming for record in records]),
    )


def _of_header(records: Sequence[Record], seed: int) -> Scored | None:
    fake = np.array([record.is_fake for record in records])
    sources = [record.source for record in records]
    if not fake.any() or fake.all() or len(set(sources)) < 2:
        return None
    headers = [record.header for record in records]
    return Scored(cross_group_scores(headers, fake, sources, seed=seed), None)


def _of_analyzer(target: str, records: Sequence[Record]) -> Scored | None:
    findings = [record.findings.get(target) for record in records]
    values = [None if f is None else f.signal for f in findings]
    given = [value for value in values if value is not None]
    if not given:
        return None
    neutral = float(np.median(given))
    statuses = [f.status for f in findings if f is not None and f.signal is None]
    return Scored(
        scores=np.array([neutral if v is None else v for v in values]),
        called=_called(target, findings),
        not_applicable=statuses.count(FindingStatus.NOT_APPLICABLE.value),
        failed=statuses.count(FindingStatus.FAILED.value),
        silent=statuses.count(FindingStatus.OK.value),
    )


def _called(target: str, findings: Sequence[Signal | None]) -> Marks | None:
    if target in _FLAG_BY_CODE:
        return np.array([f is not None and bool(f.codes) for f in findings])
    if target in _FLAG_BY_SCORE:
        least = _FLAG_BY_SCORE[target]
        return np.array([f is not None and (f.score or 0.0) >= least for f in findings])
    return None
