"""Ways to re-encode both classes alike, so that a file's history cannot tell them."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

import numpy as np
from PIL import Image

from forensics.training.inputs import Protocol

SUBSAMPLINGS = ("4:4:4", "4:2:2", "4:2:0")
QUALITIES = (75, 95)
EQUALIZED_FACTORS = (0.80, 0.95)
ONLINE_SIDE = 1280
ONLINE_FACTOR = 0.75
ONLINE_QUALITY = 80


class ProtocolKind(StrEnum):
    """What happens to a file before it is analyzed."""

    RAW = "raw"
    RECOMPRESSED = "recompressed"
    EQUALIZED = "equalized"
    SHARED_ONLINE = "shared_online"


@dataclass(frozen=True, slots=True)
class Reencoding:
    """How one picture is written again: resized by ``factor``, then as JPEG."""

    factor: float
    quality: int
    subsampling: str

    def size_of(self, size: tuple[int, int]) -> tuple[int, int]:
        """Width and height, in px, that a picture of ``size`` gets."""
        if self.factor == 1.0:
            return size
        width, height = size
        return max(1, round(width * self.factor)), max(1, round(height * self.factor))

    def encode(self, pixels: Image.Image) -> bytes:
        """Write the picture as a JPEG file without metadata."""
        size = self.size_of(pixels.size)
        if size != pixels.size:
            pixels = pixels.resize(size, Image.Resampling.LANCZOS)
        encoded = io.BytesIO()
        # Pillow would take these blocks over from the picture it has read.
        pixels.save(
            encoded,
            "JPEG",
            quality=self.quality,
            subsampling=self.subsampling,
            exif=b"",
            icc_profile=None,
            comment=b"",
        )
        return encoded.getvalue()


def reencoding(
    kind: ProtocolKind, *, name: str, size: tuple[int, int], seed: int
) -> Reencoding | None:
    """Decide how a picture is written again under a protocol.

    What is drawn depends on the seed and the file's name only, not on the class;
    *recompressed* and *equalized* share one draw of quality and chroma subsampling.

    Parameters
    ----------
    kind : ProtocolKind
        The protocol.
    name : str
        The file's name.
    size : tuple of int
        Width and height in px.
    seed : int
        Of the draw.

    Returns
    -------
    Reencoding or None
        None where the file stays as it is.
    """
    if kind is ProtocolKind.RAW:
        return None
    if kind is ProtocolKind.SHARED_ONLINE:
        return Reencoding(_online_factor(max(size)), ONLINE_QUALITY, "4:2:0")
    draw = np.random.default_rng([seed, zlib.crc32(name.encode(errors="replace"))])
    factor = float(draw.uniform(*EQUALIZED_FACTORS))
    quality = int(draw.integers(*QUALITIES, endpoint=True))
    subsampling = SUBSAMPLINGS[draw.integers(len(SUBSAMPLINGS))]
    if kind is ProtocolKind.RECOMPRESSED:
        factor = 1.0
    return Reencoding(factor, quality, subsampling)


def _online_factor(long_side: int) -> float:
    return ONLINE_SIDE / long_side if long_side > ONLINE_SIDE else ONLINE_FACTOR


def raw() -> Protocol:
    """Leave the pixels as they are."""
    return Protocol("raw", "raw", lambda pixels, _name: pixels)


def quality_75() -> Protocol:
    """Re-encode everything as JPEG at quality 75, chroma 4:2:0."""
    return Protocol("quality_75", "quality-75", _at_quality_75)


def equalized(*, seed: int) -> Protocol:
    """Resize by 0.80-0.95 (Lanczos), then JPEG at quality 75-95; drawn per name.

    The resize destroys the traces of earlier compression that one re-encoding
    leaves standing; metadata is dropped with the file. The draw depends on the
    seed and the file's name only, not on the class.
    """
    return Protocol("equalized", f"equalized-{seed}", partial(_equalize, seed=seed))


def _at_quality_75(pixels: Image.Image, name: str) -> Image.Image:
    del name
    return _decoded(Reencoding(1.0, 75, "4:2:0").encode(pixels))


def _equalize(pixels: Image.Image, name: str, *, seed: int) -> Image.Image:
    chosen = reencoding(ProtocolKind.EQUALIZED, name=name, size=pixels.size, seed=seed)
    return pixels if chosen is None else _decoded(chosen.encode(pixels))


def _decoded(data: bytes) -> Image.Image:
    with Image.open(io.BytesIO(data), formats=("JPEG",)) as picture:
        return picture.convert("RGB")
