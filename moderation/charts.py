"""PURE: numbers to places on a small canvas. Words come from outside, already written.

A chart is drawn 360 wide, which is the room on a narrow phone: there its letters have
their own size, elsewhere they are larger.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from moderation.statistics import Share

WIDTH, HEIGHT = 360, 170
LEFT, RIGHT, TOP, BOTTOM = 44, 8, 10, 24
_LABELS = 4


@dataclass(frozen=True, slots=True)
class Mark:
    """A word beside an axis."""

    at: float
    text: str
    anchor: str = "middle"


@dataclass(frozen=True, slots=True)
class Bar:
    """A column from the ground."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Point:
    """A value with its interval."""

    x: float
    y: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Chart:
    """What the template draws."""

    left_marks: tuple[Mark, ...] = ()
    bottom_marks: tuple[Mark, ...] = ()
    bars: tuple[Bar, ...] = ()
    points: tuple[Point, ...] = ()
    lines: tuple[str, ...] = ()
    areas: tuple[str, ...] = ()
    has_diagonal: bool = False
    # The frame, for the template.
    width: int = field(default=WIDTH)
    height: int = field(default=HEIGHT)
    left: int = field(default=LEFT)
    right: int = field(default=WIDTH - RIGHT)
    top: int = field(default=TOP)
    ground: int = field(default=HEIGHT - BOTTOM)


def columns(
    values: Sequence[float], labels: Sequence[str], written: Callable[[float], str]
) -> Chart:
    """Draw a column for each value; 0 is the ground."""
    top = nice_top(max(values, default=0))
    step = _room() / max(len(values), 1)
    bars = tuple(
        Bar(
            x=_round(LEFT + step * place + step * 0.1),
            y=_round(_height(value / top)),
            width=_round(step * 0.8),
            height=_round(HEIGHT - BOTTOM - _height(value / top)),
        )
        for place, value in enumerate(values)
    )
    return Chart(
        left_marks=_scale(top, written),
        bottom_marks=_along(labels),
        bars=bars,
    )


def line(
    values: Sequence[float | None],
    labels: Sequence[str],
    written: Callable[[float], str],
) -> Chart:
    """Draw a line through the values; it stops where there is none."""
    top = nice_top(max((one for one in values if one is not None), default=0))
    points = [
        None if value is None else _point(place, len(values), value / top)
        for place, value in enumerate(values)
    ]
    return Chart(
        left_marks=_scale(top, written),
        bottom_marks=_along(labels),
        lines=tuple(_path(run) for run in _runs(points)),
        points=tuple(point for point in points if point is not None),
    )


def shares(
    values: Sequence[Share], labels: Sequence[str], written: Callable[[float], str]
) -> Chart:
    """Draw shares over time with their intervals; nothing where nothing was counted."""
    points = [
        _point(place, len(values), one.value, one.low, one.high) if one.total else None
        for place, one in enumerate(values)
    ]
    runs = list(_runs(points))
    return Chart(
        left_marks=_scale(1.0, written),
        bottom_marks=_along(labels),
        lines=tuple(_path(run) for run in runs),
        areas=tuple(_band(run) for run in runs if len(run) > 1),
        points=tuple(point for point in points if point is not None),
    )


def reliability(
    tenths: Sequence[Share], labels: Sequence[str], written: Callable[[float], str]
) -> Chart:
    """Draw for each tenth of the score how often people said *fake*.

    On the diagonal the score is what it says.
    """
    points = tuple(
        Point(
            x=_round(LEFT + _room() * (place + 0.5) / len(tenths)),
            y=_round(_height(one.value)),
            low=_round(_height(one.low)),
            high=_round(_height(one.high)),
        )
        for place, one in enumerate(tenths)
        if one.total
    )
    marks = tuple(
        Mark(_round(LEFT + _room() * place / (len(labels) - 1)), text)
        for place, text in enumerate(labels)
    )
    return Chart(
        left_marks=_scale(1.0, written),
        bottom_marks=marks,
        points=points,
        has_diagonal=True,
    )


def nice_top(most: float) -> float:
    """Return the next of 1, 2, 4, 5 and 10 times a power of ten; 1 of nothing."""
    if most <= 0:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(most))
    return next(power * one for one in (1, 2, 4, 5, 10) if power * one >= most * 0.999)


def _scale(top: float, written: Callable[[float], str]) -> tuple[Mark, ...]:
    return tuple(
        Mark(_round(_height(share)), written(top * share), "end")
        for share in (0.0, 0.5, 1.0)
    )


def _along(labels: Sequence[str]) -> tuple[Mark, ...]:
    """Write as many labels as there is room for: the first, the last, some between."""
    count = len(labels)
    shown = min(_LABELS, count)
    places = {round(n * (count - 1) / max(shown - 1, 1)) for n in range(shown)}
    step = _room() / max(count, 1)
    return tuple(
        Mark(_round(LEFT + step * (place + 0.5)), labels[place], _anchor(place, count))
        for place in sorted(places)
    )


def _anchor(place: int, count: int) -> str:
    if count > _LABELS and place == count - 1:
        return "end"
    return "middle"


def _point(
    place: int,
    count: int,
    share: float,
    low: float | None = None,
    high: float | None = None,
) -> Point:
    return Point(
        x=_round(LEFT + _room() * (place + 0.5) / count),
        y=_round(_height(share)),
        low=_round(_height(share if low is None else low)),
        high=_round(_height(share if high is None else high)),
    )


def _runs(points: Sequence[Point | None]) -> list[list[Point]]:
    runs: list[list[Point]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def _path(run: Sequence[Point]) -> str:
    return " ".join(f"{point.x},{point.y}" for point in run)


def _band(run: Sequence[Point]) -> str:
    upper = [f"{point.x},{point.high}" for point in run]
    lower = [f"{point.x},{point.low}" for point in reversed(run)]
    return " ".join(upper + lower)


def _height(share: float) -> float:
    return HEIGHT - BOTTOM - share * (HEIGHT - BOTTOM - TOP)


def _room() -> float:
    return WIDTH - LEFT - RIGHT


def _round(number: float) -> float:
    return round(number, 1)
