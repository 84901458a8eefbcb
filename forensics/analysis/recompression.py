"""Error levels: what one more JPEG compression changes. Shared by ELA and the CNN."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image, ImageChops

from forensics.analysis.types import NotApplicableError

_JPEG_MAX_SIDE = 65_500
_STRIP_ROWS = 64


def error_levels(pixels: Image.Image, quality: int) -> Image.Image:
    """Return the absolute difference between a picture and its re-encoded self.

    Parameters
    ----------
    pixels : PIL.Image.Image
        Mode RGB.
    quality : int
        JPEG quality of the re-encoding, 1..100 (4:2:0, Pillow's default tables).

    Returns
    -------
    PIL.Image.Image
        Mode RGB, same size.

    Raises
    ------
    NotApplicableError
        A side is longer than JPEG can hold.
    """
    if max(pixels.size) > _JPEG_MAX_SIDE:
        raise NotApplicableError(
            f"A side is longer than {_JPEG_MAX_SIDE:,} px, more than JPEG can hold, "
            "so the picture cannot be re-encoded for comparison."
        )
    buffer = BytesIO()
    pixels.save(buffer, "JPEG", quality=quality)
    with Image.open(buffer, formats=("JPEG",)) as again:
        again.load()
    _subtract_in_place(again, pixels)
    again.info = {}
    return again


def _subtract_in_place(target: Image.Image, other: Image.Image) -> None:
    """Replace ``target`` by its absolute difference from ``other``.

    Strip by strip: at 50 megapixels a third picture would take 200 MB more, and
    touching that much fresh memory would take longer than the subtraction.
    """
    for top in range(0, target.height, _STRIP_ROWS):
        box = (0, top, target.width, min(target.height, top + _STRIP_ROWS))
        difference = ImageChops.difference(target.crop(box), other.crop(box))
        target.paste(difference, box)


def scaled_for_viewing(difference: Image.Image) -> Image.Image:
    """Stretch error levels so that the largest becomes 255.

    The field's recipe, ``ImageEnhance.Brightness(difference).enhance(255 / max)``
    with the maximum over all channels (0 counts as 1), as a table: equal to the
    bit, without the black copy of the whole picture that the recipe makes.
    """
    extrema = difference.getextrema()
    largest = max(int(high) for _, high in extrema)  # type: ignore[misc]
    factor = np.float32(255.0 / (largest or 1))
    levels = np.arange(256, dtype=np.float32) * factor
    table = np.minimum(levels, np.float32(255.0)).astype(np.uint8)
    return difference.point(table.tolist() * len(extrema))
