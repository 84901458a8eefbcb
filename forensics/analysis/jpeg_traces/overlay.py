"""Colored cells laid over a darkened picture, upright."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from PIL import Image

from forensics.analysis.rendering import upright
from forensics.analysis.types import EvidenceImage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.analysis.image import ImageEvidence

_LONG_SIDE: Final = 1600


def heat(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Color values in 0..1, black to bright: uint8 (rows, columns, 3), RGB."""
    levels = (values * 255.0).astype(np.uint8)
    colored = cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)
    return np.asarray(cv2.cvtColor(colored, cv2.COLOR_BGR2RGB), dtype=np.uint8)


def laid_over(
    evidence: ImageEvidence,
    colors: NDArray[np.uint8],
    *,
    cell: int,
    kind: str,
    caption: str,
) -> EvidenceImage:
    """Lay colored cells over the darkened picture.

    Parameters
    ----------
    evidence : ImageEvidence
        The picture.
    colors : ndarray of uint8, shape (rows, columns, 3)
        RGB of each cell from the upper left; black leaves the picture as it is. The
        last cells may reach past the border, and are repeated where they do not.
    cell : int
        Side of a cell in px of the stored picture.
    kind, caption : str
        Of the evidence image.
    """
    factor = max(1, -(-max(evidence.pixels.size) // _LONG_SIDE))
    small = evidence.pixels.reduce(factor) if factor > 1 else evidence.pixels
    gray = np.asarray(small.convert("L"))
    rows, columns = colors.shape[:2]
    sized = (max(1, columns * cell // factor), max(1, rows * cell // factor))
    spread = cv2.resize(colors, sized, interpolation=cv2.INTER_NEAREST)
    height, width = gray.shape
    down, right = max(0, height - sized[1]), max(0, width - sized[0])
    whole = np.pad(spread, ((0, down), (0, right), (0, 0)), mode="edge")
    backdrop = np.repeat((gray // 3)[:, :, None], 3, axis=2)
    shown = cv2.add(backdrop, whole[:height, :width])
    picture = upright(Image.fromarray(shown), evidence.orientation)
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
