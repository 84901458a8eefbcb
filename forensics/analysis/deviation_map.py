"""Places that deviate from the rest of a picture, either way: as boxes, and as a map.

Not an analyzer: what several of them find and show places with.
"""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from PIL import Image

from forensics.analysis.rendering import upright
from forensics.analysis.types import EvidenceImage, Localization

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.analysis.image import ImageEvidence

_LONG_SIDE: Final = 1024
_MOST_PLACES: Final = 8
# RGB of what lies above, and below, what is expected.
_ABOVE: Final = np.array((255, 150, 30), dtype=np.float32)
_BELOW: Final = np.array((60, 150, 255), dtype=np.float32)

# OpenCV's threads would fight the server's workers for the cores.
cv2.setNumThreads(1)


@dataclass(frozen=True, slots=True)
class Place:
    """A connected place that deviates.

    Attributes
    ----------
    box : tuple of int
        Left, upper, right, lower in px of the stored picture.
    value : float
        Strongest deviation in it, signed.
    cells : int
        Cells that it covers.
    """

    box: tuple[int, int, int, int]
    value: float
    cells: int


def find_places(
    values: NDArray[np.float32],
    *,
    level: float,
    reach: float,
    cell: int,
    size: tuple[int, int],
) -> tuple[Place, ...]:
    """Find connected cells that deviate, each sign for itself, the strongest first.

    Parameters
    ----------
    values : ndarray of float32, shape (rows, columns)
        Signed deviations.
    level : float
        What the strongest cell of a place must reach, positive.
    reach : float
        What all its cells must; at most the level.
    cell : int
        Side of a cell, px.
    size : tuple of int
        Width and height of the picture, px.
    """
    found: list[Place] = []
    for sign in (1.0, -1.0):
        is_beyond = (values * sign >= reach).astype(np.uint8)
        _, labels, boxes, _ = cv2.connectedComponentsWithStats(is_beyond)
        strong = np.unique(labels[values * sign >= level])
        # A hostile picture could hold thousands: the largest are enough.
        by_size = strong[np.argsort(-boxes[strong, cv2.CC_STAT_AREA])]
        for label in by_size[: 4 * _MOST_PLACES]:
            left, top, width, height, area = (int(n) for n in boxes[label])
            part = np.s_[top : top + height, left : left + width]
            strongest = float((values[part] * sign)[labels[part] == label].max())
            box = (
                left * cell,
                top * cell,
                min(size[0], (left + width) * cell),
                min(size[1], (top + height) * cell),
            )
            found.append(Place(box, strongest * sign, area))
    found.sort(key=lambda place: -abs(place.value))
    return tuple(found[:_MOST_PLACES])


def localization_of(
    values: NDArray[np.float32],
    *,
    reach: float,
    softness: float,
    cell: int,
    size: tuple[int, int],
) -> Localization:
    """Turn deviations into 0..1, one half at ``reach``.

    Cells of the border that were not measured take their neighbour's value. The
    numbers order places; they are not calibrated probabilities.
    """
    rows, columns = (-(-side // cell) for side in size[::-1])
    down, right = rows - values.shape[0], columns - values.shape[1]
    whole = np.pad(values, ((0, max(0, down)), (0, max(0, right))), mode="edge")
    scaled = np.clip((np.abs(whole[:rows, :columns]) - reach) / softness, -30.0, 30.0)
    return Localization((1.0 / (1.0 + np.exp(-scaled))).astype(np.float32), cell)


def draw_deviations(  # noqa: PLR0913 - what a map is made of
    evidence: ImageEvidence,
    values: NDArray[np.float32],
    *,
    cell: int,
    full: float,
    kind: str,
    caption: str,
) -> EvidenceImage:
    """Lay deviations over the darkened picture, upright: orange above, blue below.

    Parameters
    ----------
    evidence : ImageEvidence
        The picture.
    values : ndarray of float32, shape (rows, columns)
        Signed deviations of cells, from the upper left.
    cell : int
        Side of a cell, px.
    full : float
        Deviation from which on the color is full.
    kind, caption : str
        Of the evidence image.
    """
    factor = max(1, -(-max(evidence.pixels.size) // _LONG_SIDE))
    small = evidence.pixels.reduce(factor) if factor > 1 else evidence.pixels
    gray = np.asarray(small.convert("L"))
    height, width = gray.shape
    columns = np.minimum(np.arange(width) * factor // cell, values.shape[1] - 1)
    rows = np.minimum(np.arange(height) * factor // cell, values.shape[0] - 1)
    levels = np.clip(values / full, -1.0, 1.0)
    shades = np.maximum(levels, 0.0)[..., None] * _ABOVE
    shades += np.maximum(-levels, 0.0)[..., None] * _BELOW
    colored = shades.astype(np.uint8)[rows][:, columns]
    backdrop = np.repeat((gray // 3)[:, :, None], 3, axis=2)
    shown = Image.fromarray(cv2.add(backdrop, colored))
    return encode_evidence(
        upright(shown, evidence.orientation), kind=kind, caption=caption
    )


def encode_evidence(picture: Image.Image, *, kind: str, caption: str) -> EvidenceImage:
    """Encode a finished RGB picture as JPEG evidence."""
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return EvidenceImage(
        kind=kind,
        data=buffer.getvalue(),
        media_type="image/jpeg",
        width=picture.width,
        height=picture.height,
        caption=caption,
    )
