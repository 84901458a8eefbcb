"""Container walks: what a file is, how large its picture, whether it is whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from forensics.analysis.containers import bmp, gif, isobmff, jpeg, png, tiff, webp
from forensics.analysis.containers.facts import Blocks, Geometry, ImageFormat
from forensics.analysis.containers.sniff import sniff

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["Blocks", "Geometry", "ImageFormat", "blocks", "sniff", "walk"]

_WALKS: Mapping[ImageFormat, Callable[[bytes], Geometry]] = {
    ImageFormat.JPEG: jpeg.walk,
    ImageFormat.PNG: png.walk,
    ImageFormat.WEBP: webp.walk,
    ImageFormat.TIFF: tiff.walk,
    ImageFormat.BMP: bmp.walk,
    ImageFormat.GIF: gif.walk,
    ImageFormat.AVIF: isobmff.walk_avif,
    ImageFormat.HEIC: isobmff.walk_heic,
}
_BLOCKS: Mapping[ImageFormat, Callable[[bytes], Blocks]] = {
    ImageFormat.JPEG: jpeg.blocks,
    ImageFormat.PNG: png.blocks,
    ImageFormat.WEBP: webp.blocks,
    ImageFormat.TIFF: tiff.blocks,
    ImageFormat.GIF: gif.blocks,
}


def walk(data: bytes, found: ImageFormat) -> Geometry:
    """Walk the container without decoding a pixel.

    Raises
    ------
    ImageRejectedError
        Truncated, corrupt, or a variant that is not analyzed.
    """
    return _WALKS[found](data)


def blocks(data: bytes, found: ImageFormat) -> Blocks:
    """Collect metadata blocks of a file that ``walk`` has passed.

    Formats whose decoder hands over its blocks (AVIF, HEIC) or that have none
    (BMP) give an empty record.
    """
    reader = _BLOCKS.get(found)
    return reader(data) if reader is not None else Blocks()
