"""A map of the JPEG grids in a picture: one color for each origin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import cv2
import numpy as np

from forensics.analysis.jpeg_traces.grid import local_votes
from forensics.analysis.jpeg_traces.overlay import laid_over

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.analysis.image import ImageEvidence
    from forensics.analysis.jpeg_history.analyzer import WholeHistory
    from forensics.analysis.jpeg_traces.grid import GridVotes
    from forensics.analysis.types import EvidenceImage

# Nats of 5 x 5 windows from which a color begins, and at which it is full.
_FAINT, _FULL = 4.0, 16.0
_CAPTION: Final = (
    "JPEG grids found beside the picture's own, a color for each origin; the brighter, "
    "the clearer. One color all over: the picture was cropped after an earlier saving. "
    "A patch of its own color: a part with another JPEG history, such as a pasted one, "
    "a logo or a caption. Faint specks are chance. Uncolored places show nothing."
)


def grid_map(
    evidence: ImageEvidence, votes: GridVotes, history: WholeHistory
) -> EvidenceImage:
    """Draw the grid that each neighborhood votes for, if it is not the picture's."""
    beside = history.own.origin if history.is_jpeg else None
    origins, nats = local_votes(votes, beside=beside)
    return laid_over(
        evidence,
        colors_of(origins, nats, own=history.own.origin),
        cell=votes.stride,
        kind="jpeg_history",
        caption=_CAPTION,
    )


def colors_of(
    origins: NDArray[np.int16], nats: NDArray[np.float32], *, own: int
) -> NDArray[np.uint8]:
    """Return RGB of each window: hue from the origin, brightness from the nats.

    Neighboring origins are set far apart on the color circle.
    """
    hues = (origins.astype(np.int32) * 67 % 180).astype(np.uint8)
    clear = np.clip((nats - _FAINT) / (_FULL - _FAINT), 0.0, 1.0)
    values = np.where(origins == own, 0.0, 200.0 * clear).astype(np.uint8)
    colors = np.stack([hues, np.full_like(hues, 220), values], axis=2)
    return np.asarray(cv2.cvtColor(colors, cv2.COLOR_HSV2RGB), dtype=np.uint8)
