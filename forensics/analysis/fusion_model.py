"""The learned part of the fusion: calibrated maps and bands, checked when read."""

from __future__ import annotations

import hashlib
import json
import math
import re
from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn

from forensics.analysis.model_errors import ModelCorruptError, ModelIncompatibleError
from forensics.analysis.model_store import (
    MANIFEST_NAME,
    MAX_MANIFEST_BYTES,
    Version,
    versions,
)
from forensics.analysis.types import ModelRef, Untouched

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from forensics.analysis.types import Json

FUSION_NAME = "fusion"
KIND = "fusion"
SCHEMA_VERSION = 1
# Scores .01, .02 ... .99, at each of which the share of untouched pictures is stored.
GRID = 99
_MOST_SIGNALS, _MOST_KNOTS = 16, 64
_MOST_WEIGHT, _MOST_LOG_ODDS = 4.0, 12.0
_HUGE = 1e300
_SIGNAL = re.compile(r"[a-z][a-z0-9_]{0,31}")


@dataclass(frozen=True, slots=True)
class SignalMap:
    """Raw signal to its part in the log-odds; monotone, flat beyond its ends.

    Attributes
    ----------
    raw, log_odds : tuple of float
        Knots: the marginal log-likelihood ratio at rising raw values.
    weight, offset : float
        The part is ``weight * log_odds + offset``: signals overlap, so that the
        ratios may not simply be added.
    version : str
        Of the findings that it was fitted to; it fits no others.
    """

    raw: tuple[float, ...]
    log_odds: tuple[float, ...]
    weight: float = 1.0
    offset: float = 0.0
    version: str = ""

    def ratio(self, value: float) -> float:
        """Return the log-likelihood ratio at a raw value, between knots linearly."""
        right = bisect_right(self.raw, value)
        if right == 0:
            return self.log_odds[0]
        if right == len(self.raw):
            return self.log_odds[-1]
        low, high = self.raw[right - 1], self.raw[right]
        share = (value - low) / (high - low)
        before, after = self.log_odds[right - 1], self.log_odds[right]
        return before + share * (after - before)

    def part(self, value: float) -> float:
        """Return what a raw value adds to the log-odds of *fake*."""
        return self.weight * self.ratio(value) + self.offset


@dataclass(frozen=True, slots=True)
class Bands:
    """Scores at which *inconclusive*, *suspicious* and *fake* begin."""

    inconclusive: float = 0.20
    suspicious: float = 0.65
    fake: float = 0.90


@dataclass(frozen=True, slots=True)
class FusionModel:
    """One calibration of the pixel signals.

    Attributes
    ----------
    floor, ceiling : float
        The signals' sum stays between these log-odds: finding nothing proves little.
    least_quality : int
        Below this JPEG quality the signals can neither accuse nor acquit alone.
    shares, uppers : tuple of float
        Of untouched pictures, the share that reaches each score of the grid
        .01 ... .99, and the upper end of its 95 % interval.
    pictures : int
        How many untouched pictures these rest on.
    """

    version: str
    sha256: str
    signals: Mapping[str, SignalMap]
    bands: Bands
    floor: float
    ceiling: float
    least_quality: int
    shares: tuple[float, ...] = field(repr=False)
    uppers: tuple[float, ...] = field(repr=False)
    pictures: int
    research_only: bool
    terms: str

    @property
    def digest(self) -> str:
        """The first digits of the manifest's SHA-256."""
        return self.sha256[:8]

    @property
    def reference(self) -> ModelRef:
        """How a report names it."""
        return ModelRef(
            FUSION_NAME,
            self.version,
            self.sha256,
            "table",
            research_only=self.research_only,
            terms=self.terms,
        )

    def untouched(self, score: float) -> Untouched:
        """Return how many untouched pictures score as high or higher."""
        index = min(GRID, max(1, math.floor(score * (GRID + 1) + 1e-9))) - 1
        return Untouched(
            score=score,
            share=self.shares[index],
            upper=self.uppers[index],
            pictures=self.pictures,
        )


def load_fusion(store: Path) -> FusionModel | None:
    """Read the store's active calibration; None where it has none.

    Raises
    ------
    ModelCorruptError
        Where the manifest cannot be read, or is no JSON.
    ModelIncompatibleError
        At the first value that is out of its range, or not monotone.
    """
    try:
        released = [v for v in versions(store, FUSION_NAME) if not v.build]
    except OSError as error:
        raise ModelCorruptError(_unreadable(FUSION_NAME, error)) from error
    return load_fusion_version(store, str(released[-1])) if released else None


def load_fusion_version(store: Path, version: str) -> FusionModel:
    """Read one version of the calibration; raises what `load_fusion` does."""
    path = store / FUSION_NAME / str(Version.parse(version)) / MANIFEST_NAME
    where = "/".join(path.parts[-3:])
    model = parse_fusion(_read(path, where), where=where)
    if model.version != version:
        _refuse(where, "version", version, model.version)
    return model


def parse_fusion(text: bytes, *, where: str) -> FusionModel:
    """Check a manifest's bytes field by field."""
    try:
        document = json.loads(text.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ModelCorruptError(f"{where} is not JSON. Restore it.") from error
    top = _object(where, "manifest", document)
    if (top.get("kind"), top.get("schema_version")) != (KIND, SCHEMA_VERSION):
        expected = f"kind {KIND}, schema_version {SCHEMA_VERSION}"
        _refuse(where, "kind", expected, (top.get("kind"), top.get("schema_version")))
    untouched = _object(where, "untouched", top.get("untouched"))
    shares = _falling(where, "shares", untouched.get("shares"))
    uppers = _falling(where, "uppers", untouched.get("uppers"))
    if any(upper < share for share, upper in zip(shares, uppers, strict=True)):
        _refuse(where, "uppers", "no less than shares", "less")
    training = _object(where, "training", top.get("training"))
    return FusionModel(
        version=_text(where, "version", top.get("version")),
        sha256=hashlib.sha256(text).hexdigest(),
        signals=_signals(where, top.get("signals")),
        bands=_bands(where, top.get("bands")),
        floor=_number(where, "floor", top.get("floor"), -_MOST_LOG_ODDS, 0.0),
        ceiling=_number(where, "ceiling", top.get("ceiling"), 0.0, _MOST_LOG_ODDS),
        least_quality=_whole(where, "least_quality", top.get("least_quality"), 0, 100),
        shares=shares,
        uppers=uppers,
        pictures=_whole(where, "pictures", untouched.get("pictures"), 1, 10**9),
        research_only=training.get("research_only") is not False,
        terms=_text(where, "terms", training.get("terms", "")),
    )


def _read(path: Path, where: str) -> bytes:
    try:
        if path.is_file() and path.stat().st_size <= MAX_MANIFEST_BYTES:
            return path.read_bytes()
    except OSError as error:
        raise ModelCorruptError(_unreadable(where, error)) from error
    raise ModelCorruptError(
        f"{where} is missing, or over {MAX_MANIFEST_BYTES} bytes. Restore it, or "
        "run manage.py calibrate_fusion."
    )


def _unreadable(where: str, error: OSError) -> str:
    reason = error.strerror or type(error).__name__
    return f"{where} cannot be read ({reason}). Check its permissions, or restore it."


def _signals(where: str, value: object) -> Mapping[str, SignalMap]:
    entries = _object(where, "signals", value)
    if not 1 <= len(entries) <= _MOST_SIGNALS:
        _refuse(where, "signals", f"1 to {_MOST_SIGNALS}", len(entries))
    found = {}
    for name, entry in entries.items():
        if _SIGNAL.fullmatch(name) is None:
            _refuse(where, "signals", "an analyzer's name", name)
        found[name] = _signal(f"{where}: {name}", _object(where, name, entry))
    return MappingProxyType(found)


def _signal(where: str, entry: Mapping[str, Json]) -> SignalMap:
    raw = _numbers(where, "raw", entry.get("raw"))
    limit = _MOST_LOG_ODDS
    odds = _numbers(where, "log_odds", entry.get("log_odds"), -limit, limit)
    if not 1 <= len(raw) == len(odds) <= _MOST_KNOTS:
        _refuse(where, "raw", f"1 to {_MOST_KNOTS} knots", (len(raw), len(odds)))
    if any(later <= sooner for sooner, later in pairwise(raw)):
        _refuse(where, "raw", "rising values", "others")
    if any(later < sooner for sooner, later in pairwise(odds)):
        _refuse(where, "log_odds", "values that never fall", "others")
    return SignalMap(
        raw=raw,
        log_odds=odds,
        weight=_number(where, "weight", entry.get("weight"), 0.0, _MOST_WEIGHT),
        offset=_number(where, "offset", entry.get("offset"), -limit, limit),
        version=_text(where, "version", entry.get("version")),
    )


def _bands(where: str, value: object) -> Bands:
    entry = _object(where, "bands", value)
    bands = Bands(
        inconclusive=_number(where, "bands", entry.get("inconclusive"), 0.01, 0.45),
        suspicious=_number(where, "bands", entry.get("suspicious"), 0.55, 0.98),
        fake=_number(where, "bands", entry.get("fake"), 0.56, 0.99),
    )
    if not bands.inconclusive < bands.suspicious < bands.fake:
        _refuse(where, "bands", "inconclusive < suspicious < fake", bands)
    return bands


def _falling(where: str, name: str, value: object) -> tuple[float, ...]:
    numbers = _numbers(where, name, value, 0.0, 1.0)
    if len(numbers) != GRID or any(b > a for a, b in pairwise(numbers)):
        _refuse(where, name, f"{GRID} shares that never rise", len(numbers))
    return numbers


def _numbers(
    where: str,
    name: str,
    value: object,
    low: float = -math.inf,
    high: float = math.inf,
) -> tuple[float, ...]:
    items: Sequence[object] = value if isinstance(value, list) else ()
    if not items or len(items) > max(_MOST_KNOTS, GRID):
        _refuse(where, name, "a list of numbers", value)
    return tuple(_number(where, name, item, low, high) for item in items)


def _number(where: str, name: str, value: object, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        _refuse(where, name, "a number", value)
    # An integer of hundreds of digits is JSON, but no float.
    number = float(value) if abs(value) < _HUGE else math.inf
    if not (math.isfinite(number) and low <= number <= high):
        _refuse(where, name, f"a finite number in {low:g}..{high:g}", value)
    return number


def _whole(where: str, name: str, value: object, low: int, high: int) -> int:
    number = _number(where, name, value, low, high)
    if number != int(number):
        _refuse(where, name, "a whole number", value)
    return int(number)


def _text(where: str, name: str, value: object) -> str:
    if not isinstance(value, str):
        _refuse(where, name, "a text", value)
    return value


def _object(where: str, name: str, value: object) -> Mapping[str, Json]:
    if not isinstance(value, dict):
        _refuse(where, name, "an object", value)
    return value


def _refuse(where: str, name: str, expected: str, received: object) -> NoReturn:
    raise ModelIncompatibleError(
        f"{where}: {name}: Expected {expected}, received {received!r:.80}."
    )


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(constant)
