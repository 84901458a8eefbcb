"""The spectra as a picture."""

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

    from forensics.analysis.spectrum.residual import Spectrum

_SCALE: Final = 5
_GAP: Final = 8
_CAPTION: Final = (
    "Frequencies of the noise, slow ones in the middle of each square. First the noise "
    "itself, then its strength. Single bright points amid the edges and in the corners "
    "are repetitions of two pixels; points an eighth apart are the grid of a JPEG. "
    "This is not a view of the picture: places in it mean nothing here."
)


def spectra_picture(
    pattern: Spectrum, strength: Spectrum, orientation: int
) -> EvidenceImage:
    """Set two spectra side by side, each turned as the picture is."""
    parts = [
        upright(Image.fromarray(_drawn(spectrum.power)), orientation)
        for spectrum in (pattern, strength)
    ]
    side = parts[0].width
    sheet = Image.new("RGB", (2 * side + _GAP, side), (255, 255, 255))
    sheet.paste(parts[0], (0, 0))
    sheet.paste(parts[1], (side + _GAP, 0))
    buffer = BytesIO()
    sheet.save(buffer, "PNG")
    return EvidenceImage(
        kind="spectrum",
        data=buffer.getvalue(),
        media_type="image/png",
        width=sheet.width,
        height=sheet.height,
        caption=_CAPTION,
    )


def _drawn(power: NDArray[np.float64]) -> NDArray[np.uint8]:
    low, high = np.percentile(power, (1.0, 99.9))
    scaled = (255.0 * (power - low) / max(high - low, 1e-6)).clip(0, 255)
    levels = scaled.astype(np.uint8)
    # Zero frequency in the middle, half a period a pixel on every edge.
    centered = np.pad(np.fft.fftshift(levels), ((0, 1), (0, 1)), mode="wrap")
    large = centered.repeat(_SCALE, axis=0).repeat(_SCALE, axis=1)
    colored = cv2.applyColorMap(large, cv2.COLORMAP_INFERNO)
    return np.asarray(cv2.cvtColor(colored, cv2.COLOR_BGR2RGB), dtype=np.uint8)
