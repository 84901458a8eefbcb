"""From an original's bytes to the file of its tiles: upright, sRGB, bounded."""

from __future__ import annotations

import time
from io import BytesIO
from typing import IO, TYPE_CHECKING

from PIL import Image, ImageCms

from forensics.analysis.containers import ImageFormat
from forensics.analysis.decoding import decode
from forensics.analysis.image import inspect_header
from forensics.analysis.pyramid.container import ContainerWriter
from forensics.analysis.pyramid.layout import Box, Layout
from forensics.analysis.rendering import upright
from forensics.analysis.types import ForensicsError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from forensics.analysis.decoding import Decoded
    from forensics.analysis.types import Limits

_TRANSPOSED = (5, 6, 7, 8)
# Where an upright point lies in the stored picture of (width, height).
_STORED: Mapping[int, Callable[[int, int, int, int], tuple[int, int]]] = {
    1: lambda x, y, _w, _h: (x, y),
    2: lambda x, y, w, _h: (w - x, y),
    3: lambda x, y, w, h: (w - x, h - y),
    4: lambda x, y, _w, h: (x, h - y),
    5: lambda x, y, _w, _h: (y, x),
    6: lambda x, y, _w, h: (y, h - x),
    7: lambda x, y, w, h: (w - y, h - x),
    8: lambda x, y, w, _h: (w - y, x),
}
# Colors are kept at full resolution: a tile is looked at pixel by pixel.
_QUALITY = {"quality": 90, "subsampling": 0}


class PyramidTooSlowError(ForensicsError):
    """Building took longer than it may."""


def build_pyramid(
    data: bytes, file: IO[bytes], *, limits: Limits, seconds: float
) -> tuple[Layout, int]:
    """Cut a picture into tiles and write them; return the layout and the file's size.

    The decoded picture lies in memory once, at 3 bytes a pixel; each smaller level
    replaces the one before. It is turned, and brought to sRGB, tile by tile.

    Parameters
    ----------
    data : bytes
        The original.
    file : binary file
        Empty, and can be sought in.
    limits : Limits
        The caps in force, checked before and while decoding.
    seconds : float
        To give up after, looked at between tiles.

    Raises
    ------
    ImageRejectedError
        The original cannot be decoded, or is larger than the limits.
    PyramidTooSlowError
        It took too long.
    """
    until = time.monotonic() + seconds
    header = inspect_header(data, limits)
    decoded = decode(data, ImageFormat(header.format), max_pixels=limits.max_pixels)
    orientation, to_srgb = decoded.orientation, _to_srgb(decoded)
    level_picture = decoded.pixels
    del decoded
    width, height = level_picture.size
    if orientation in _TRANSPOSED:
        width, height = height, width
    layout = Layout(width, height)
    writer = ContainerWriter(file, layout)
    for level in reversed(range(layout.levels)):
        number = layout.number(level, 0, 0) or 0
        for place, box in enumerate(layout.boxes(level)):
            if time.monotonic() > until:
                raise PyramidTooSlowError(
                    f"Cutting the picture into tiles took longer than {seconds:.0f} s."
                )
            tile = _tile(level_picture, box, orientation)
            writer.add(number + place, _encoded(tile, to_srgb))
        if level:
            level_picture = level_picture.reduce(2)
    return layout, writer.finish()


def _tile(picture: Image.Image, box: Box, orientation: int) -> Image.Image:
    to_stored = _STORED.get(orientation, _STORED[1])
    (ax, ay), (bx, by) = (
        to_stored(*corner, *picture.size) for corner in (box[:2], box[2:])
    )
    stored = picture.crop((min(ax, bx), min(ay, by), max(ax, bx), max(ay, by)))
    return upright(stored, orientation)


def _encoded(tile: Image.Image, to_srgb: ImageCms.ImageCmsTransform | None) -> bytes:
    if to_srgb is not None:
        ImageCms.applyTransform(tile, to_srgb, inPlace=True)
    buffer = BytesIO()
    tile.save(buffer, "JPEG", **_QUALITY)
    return buffer.getvalue()


def _to_srgb(decoded: Decoded) -> ImageCms.ImageCmsTransform | None:
    """Return what brings decoded pixels to sRGB; None where nothing says how."""
    if not decoded.blocks.icc or decoded.mode not in ("RGB", "RGBA", "P"):
        return None
    try:
        profile = ImageCms.ImageCmsProfile(BytesIO(decoded.blocks.icc))
        if profile.profile.xcolor_space.strip() != "RGB":
            return None
        return ImageCms.buildTransform(
            profile, ImageCms.createProfile("sRGB"), "RGB", "RGB"
        )
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return None  # a damaged profile: the pixels are shown as they are
