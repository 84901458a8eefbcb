"""What a moderator reads of the whole picture's history."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from forensics.analysis.jpeg_history import decision
from forensics.analysis.jpeg_traces.grid import FOREIGN_NATS

if TYPE_CHECKING:
    from forensics.analysis.jpeg_history.analyzer import WholeHistory
    from forensics.analysis.jpeg_traces.grid import ForeignGrid, Grid

_HONEST: Final = (
    "That is usual and no sign of forgery: every editor, messenger and web site saves "
    "again."
)
_UNSEEN: Final = (
    "A finer saving before a coarser one, the same quality twice, or a resize in "
    "between leave next to no trace."
)


def summary_of(history: WholeHistory) -> str:
    """Say how often the picture was saved, how sure that is, and what it is worth."""
    words = _jpeg(history) if history.is_jpeg else _decoded(history)
    return " ".join([*words, *_places(history)])


def _jpeg(history: WholeHistory) -> list[str]:
    chance, words = history.probability, []
    if history.earlier is not None:
        words.append(
            "The picture was saved as JPEG, cropped or moved off the 8-px grid, and "
            "saved again."
        )
    if chance is not None and chance >= decision.SURE:
        first = history.first_quality
        at = "" if first is None else f"first at about quality {first}, "
        words.append(
            f"The picture was saved as JPEG at least twice: {at}probability "
            f"{_shown(chance)} for even odds before."
        )
    if words:
        return [*words, _HONEST]
    if chance is None or chance < decision.UNLIKELY:
        said = "" if chance is None else f" (probability {_shown(chance)})"
        return [f"No trace of a saving before the last was found{said}.", _UNSEEN]
    return [
        f"The picture may have been saved before (probability {_shown(chance)} for "
        "even odds before). That is too little to say.",
        _UNSEEN,
    ]


def _shown(chance: float) -> str:
    return f"{min(0.99, max(0.01, chance)):.2f}"


def _decoded(history: WholeHistory) -> list[str]:
    first = history.first_quality
    at = "" if first is None else f" of about quality {first}"
    x, y = history.own.x, history.own.y
    begins = f"{x} px right and {y} px down" if x or y else "in the corner"
    return [
        f"The file is no JPEG, but its pixels come from one{at}; its grid begins "
        f"{begins}.",
        _HONEST,
    ]


def _places(history: WholeHistory) -> list[str]:
    if not history.places:
        return ["No place has a JPEG grid of its own."]
    words = [_place(grid, history.own) for grid in history.places[:3]]
    if len(history.places) > 3:
        words.append(f"{len(history.places) - 3} more places are in the data.")
    return [*words, "Captions, logos and collages have grids of their own as well."]


def _place(grid: ForeignGrid, own: Grid) -> str:
    left, top, right, bottom = grid.box
    x, y = (grid.x - own.x) % 8, (grid.y - own.y) % 8
    exponent = math.floor(grid.surprise / math.log(10.0))
    if grid.surprise >= FOREIGN_NATS:
        chance = f"by chance less than once in 10^{exponent} pictures"
    else:
        chance = "a weak trace that chance may give"
    return (
        f"At {left}, {top} ({right - left} x {bottom - top} px) lies a grid shifted by "
        f"{x} px right and {y} px down, {chance}."
    )
