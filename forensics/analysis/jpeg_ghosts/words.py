"""What a moderator reads and sees of JPEG ghosts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from forensics.analysis.jpeg_traces.overlay import heat, laid_over

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from forensics.analysis.image import ImageEvidence
    from forensics.analysis.jpeg_ghosts.analyzer import Search
    from forensics.analysis.types import EvidenceImage

_CAPTION: Final = (
    "Bright: places that hardly change when saved at quality {quality}, as if they had "
    "been saved at it before; the rest changes. A part pasted from a coarser JPEG "
    "looks like this; so does a logo or a part of a collage. Single specks are chance."
)
_NOTHING: Final = (
    "No place stands out at any quality from 40 to 96. That proves nothing: parts "
    "saved finer than the last saving, resized parts and flat places leave no ghost."
)


def summary_of(search: Search) -> str:
    """Say which place once had another quality, and what was looked at."""
    return f"{_place(search)} {_looked_at(search)}"


def _place(search: Search) -> str:
    ghost = search.ghost
    if ghost is None or not search.counts:
        return _NOTHING
    left, top, right, bottom = ghost.box
    x, y = search.shift
    grid = (
        f"on a grid shifted by {x} px right and {y} px down"
        if x or y
        else "on the picture's own grid"
    )
    return (
        f"A place at {left}, {top} ({right - left} x {bottom - top} px) looks as if it "
        f"had been saved at about quality {ghost.quality} before, {grid}; the rest "
        "does not. A part pasted from another JPEG looks like this, and so does a logo "
        "or a collage."
    )


def _looked_at(search: Search) -> str:
    nth = search.pitch // 8
    blocks = "every block" if nth == 1 else f"one block in {nth * nth}, evenly spread,"
    others = len(search.grids) - 1
    grids = "its own grid" + (f" and {others} of 49 others" if others else "")
    return f"Looked at: {blocks} of the brightness, on {grids}."


def ghost_map(
    evidence: ImageEvidence, shown: NDArray[np.float32], search: Search
) -> EvidenceImage:
    """Lay P(once of the ghost's quality) over the darkened picture, upright."""
    quality = search.ghost.quality if search.ghost is not None else 0
    return laid_over(
        evidence,
        heat(shown),
        cell=search.pitch,
        kind="jpeg_ghosts",
        caption=_CAPTION.format(quality=quality),
    )
