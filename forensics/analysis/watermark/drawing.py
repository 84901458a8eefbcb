"""Where in the picture a mark was read."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Final

import cv2
import numpy as np
from PIL import Image

from forensics.analysis.rendering import upright
from forensics.analysis.types import EvidenceImage
from forensics.analysis.watermark.wavelet import CELL

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.analysis.image import ImageEvidence

_LONG_SIDE: Final = 1600
_CAPTION: Final = (
    "Bright: places whose blocks carry the bits of the mark. Dark places carry none or "
    "cannot be read there. Where only a part is bright, only that part may come from "
    "the generator."
)


def agreement_map(
    evidence: ImageEvidence, agreement: NDArray[np.float32], first: int
) -> EvidenceImage:
    """Lay how far blocks agree with a message over the darkened picture, upright.

    Parameters
    ----------
    evidence : ImageEvidence
        The picture.
    agreement : ndarray of float32, shape (rows, columns)
        Score of each 8-px block for the bit it ought to carry, about -1..1.
    first : int
        Row of blocks in the picture with which ``agreement`` begins.
    """
    factor = max(1, -(-max(evidence.pixels.size) // _LONG_SIDE))
    small = evidence.pixels.reduce(factor) if factor > 1 else evidence.pixels
    gray = np.asarray(small.convert("L"))
    whole = _levels(agreement, first, evidence.pixels.height // CELL)
    spread = cv2.resize(whole, gray.shape[::-1], interpolation=cv2.INTER_LINEAR)
    colored = cv2.cvtColor(
        cv2.applyColorMap(spread, cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB
    )
    backdrop = np.repeat((gray // 3)[:, :, None], 3, axis=2)
    picture = upright(Image.fromarray(cv2.add(backdrop, colored)), evidence.orientation)
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=85)
    return EvidenceImage(
        kind="watermark",
        data=buffer.getvalue(),
        media_type="image/jpeg",
        width=picture.width,
        height=picture.height,
        caption=_CAPTION,
    )


def _levels(agreement: NDArray[np.float32], first: int, rows: int) -> NDArray[np.uint8]:
    smooth = cv2.GaussianBlur(agreement, (0, 0), 2.0).clip(0.0, 1.0)
    levels = np.zeros((rows, agreement.shape[1]), dtype=np.uint8)
    levels[first : first + len(smooth)] = (255.0 * smooth).astype(np.uint8)
    return levels
