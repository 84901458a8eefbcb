"""Ways to re-encode both classes alike, so that a file's history cannot tell them."""

from __future__ import annotations

import io
import zlib
from functools import partial

import numpy as np
from PIL import Image

from forensics.training.inputs import Protocol

SUBSAMPLINGS = ("4:4:4", "4:2:2", "4:2:0")


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
    return _jpeg(pixels, 75, "4:2:0")


def _equalize(pixels: Image.Image, name: str, *, seed: int) -> Image.Image:
    draw = np.random.default_rng([seed, zlib.crc32(name.encode(errors="replace"))])
    factor = draw.uniform(0.80, 0.95)
    size = (max(1, round(pixels.width * factor)), max(1, round(pixels.height * factor)))
    resized = pixels.resize(size, Image.Resampling.LANCZOS)
    quality = int(draw.integers(75, 95, endpoint=True))
    return _jpeg(resized, quality, SUBSAMPLINGS[draw.integers(len(SUBSAMPLINGS))])


def _jpeg(pixels: Image.Image, quality: int, subsampling: str) -> Image.Image:
    encoded = io.BytesIO()
    pixels.save(encoded, "JPEG", quality=quality, subsampling=subsampling)
    encoded.seek(0)
    with Image.open(encoded, formats=("JPEG",)) as again:
        return again.convert("RGB")
