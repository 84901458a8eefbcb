"""Records of an evaluation as arrays, for the calibration of the fusion."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from forensics.training.errors import TrainingError
from forensics.training.grouping import Forest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from forensics.training.benchmark.records import Record

Values: TypeAlias = NDArray[np.float64]
Marks: TypeAlias = NDArray[np.bool_]

SIGNALS = ("localizer", "copy_move", "double_jpeg")
PROTOCOLS = ("recompressed", "equalized", "shared_online")
LEAST_PICTURES = 60


class CalibrationError(TrainingError):
    """The records do not suffice for what is asked of them."""


@dataclass(frozen=True)
class Sheet:
    """Records as arrays, one row a picture and protocol.

    Attributes
    ----------
    raw : ndarray of float64, shape (n, k)
        The k signals; NaN where one does not apply.
    versions : tuple of str
        Of the k signals' findings.
    pictures, groups : ndarray of int, shape (n,)
        Number of the picture, and of the pictures that share a source with it.
    is_fitted : ndarray of bool, shape (n,)
        Whether the row's protocol is one that the maps are fitted to.
    is_untouched : ndarray of bool, shape (n,)
        Whether it counts for the thresholds.
    kinds : tuple of str, length n
        Of forgery.
    known : tuple of str
        One ``<perceptual hash> <name>`` for each picture.
    """

    signals: tuple[str, ...]
    versions: tuple[str, ...]
    raw: Values
    truth: Marks
    pictures: NDArray[np.intp]
    groups: NDArray[np.intp]
    protocols: tuple[str, ...]
    sets: tuple[str, ...]
    is_fitted: Marks
    is_untouched: Marks
    kinds: tuple[str, ...] = field(repr=False, default=())
    known: tuple[str, ...] = field(repr=False, default=())

    def only(self, rows: Marks) -> Sheet:
        """Return the sheet of some of its rows."""
        chosen = np.flatnonzero(rows)
        return replace(
            self,
            raw=self.raw[rows],
            truth=self.truth[rows],
            pictures=self.pictures[rows],
            groups=self.groups[rows],
            protocols=tuple(self.protocols[i] for i in chosen),
            sets=tuple(self.sets[i] for i in chosen),
            kinds=tuple(self.kinds[i] for i in chosen),
            is_fitted=self.is_fitted[rows],
            is_untouched=self.is_untouched[rows],
        )


def tabulate(
    records: Iterable[Record],
    *,
    signals: Sequence[str] = SIGNALS,
    protocols: Collection[str] = PROTOCOLS,
    untouched: Collection[str] = (),
) -> Sheet:
    """Lay records out as arrays.

    Parameters
    ----------
    records : iterable of Record
        Later ones replace earlier ones of the same picture and protocol; refused
        pictures are left out.
    signals : sequence of str
        Which analyzers to use; those without a number in any record are dropped.
    protocols : collection of str
        To which the maps are fitted; the thresholds hold under all there are.
    untouched : collection of str
        Data sets whose authentic pictures count for the thresholds; all by default.

    Raises
    ------
    CalibrationError
        Where no signal, or too few pictures of a class, remain, or a signal's
        records are of several versions, or of none.
    """
    rows = _latest(records)
    used = tuple(name for name in signals if any(_has(row, name) for row in rows))
    if not used:
        raise CalibrationError(f"No record has a number of {', '.join(signals)}.")
    sheet = Sheet(
        signals=used,
        versions=tuple(_version(rows, name) for name in used),
        raw=np.array([[_number(r, name) for name in used] for r in rows], dtype=float),
        truth=np.array([row.is_fake for row in rows]),
        pictures=_numbered([(row.set_name, row.file) for row in rows]),
        groups=_joined([(f"{row.set_name}/{row.file}", row.source) for row in rows]),
        protocols=tuple(row.protocol for row in rows),
        sets=tuple(row.set_name for row in rows),
        kinds=tuple(row.kind for row in rows),
        is_fitted=np.array([row.protocol in protocols for row in rows]),
        is_untouched=np.array(
            [not r.is_fake and (not untouched or r.set_name in untouched) for r in rows]
        ),
        known=_listed(rows),
    )
    _check(sheet)
    return sheet


def _latest(records: Iterable[Record]) -> list[Record]:
    """Keep the last record of each picture and protocol, less the refused ones."""
    found: dict[tuple[str, str, str], Record] = {}
    for row in records:
        before = found.setdefault(row.key, row)
        if before.digest and row.digest and before.digest != row.digest:
            raise CalibrationError(
                f"{row.set_name}/{row.file} is another picture in two of the records. "
                "Evaluate sets of different folders under different names."
            )
        found[row.key] = row
    return [row for row in found.values() if row.refused is None]


def _listed(rows: Iterable[Record]) -> tuple[str, ...]:
    """Name each picture and, by its look, the photographs that it was made from.

    Another crop of these looks like none that is listed: the name tells.
    """
    lines = (
        f"{row.look} {_printable(name)}"
        for row in rows
        if row.look
        for name in (row.name, *row.made_from)
    )
    return tuple(dict.fromkeys(lines))


def _printable(name: str) -> str:
    """Leave out line ends and what is no text: they would break the list."""
    return "".join(c if c.isprintable() else "?" for c in name)


def _joined(pairs: Sequence[tuple[str, str]]) -> NDArray[np.intp]:
    """Give each source a number; records of one picture in two runs join theirs."""
    names = dict.fromkeys(name for pair in pairs for name in pair)
    places = {name: place for place, name in enumerate(names)}
    forest = Forest(len(places))
    for picture, source in pairs:
        forest.join(places[picture], places[source])
    return _numbered([forest.root(places[picture]) for picture, _ in pairs])


def _has(row: Record, name: str) -> bool:
    finding = row.findings.get(name)
    return finding is not None and finding.signal is not None


def _number(row: Record, name: str) -> float:
    finding = row.findings.get(name)
    if finding is None or finding.signal is None:
        return math.nan
    return finding.signal


def _version(rows: Iterable[Record], name: str) -> str:
    """Return the one version of a signal: its map fits no other."""
    found = sorted({r.findings[name].version for r in rows if _has(r, name)})
    if len(found) != 1 or not found[0]:
        raise CalibrationError(
            f"Expected records that note one version of {name}, received {found}. "
            "Evaluate again with the present one."
        )
    return found[0]


def _numbered(keys: Sequence[object]) -> NDArray[np.intp]:
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys])


def _check(sheet: Sheet) -> None:
    for words, rows in (
        ("tampered", sheet.truth & sheet.is_fitted),
        ("authentic", ~sheet.truth & sheet.is_fitted),
        ("untouched", sheet.is_untouched),
    ):
        count = len(np.unique(sheet.pictures[rows]))
        if count < LEAST_PICTURES:
            raise CalibrationError(
                f"Expected {LEAST_PICTURES} {words} pictures or more, received {count}."
            )
