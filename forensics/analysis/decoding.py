"""Pixels out of checked bytes: one decoder a format, every pixel type to 8-bit RGB."""

from __future__ import annotations

import threading
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageCms

from forensics.analysis import containers
from forensics.analysis.containers import Blocks, ImageFormat
from forensics.analysis.containers.png import check_rows, pixels_only
from forensics.analysis.containers.tiff import read_orientation
from forensics.analysis.types import ImageRejectedError, RejectionCode

if TYPE_CHECKING:
    from collections.abc import Iterator

_PILLOW_NAMES = {ImageFormat.HEIC: "HEIF"}
# Their decoders hand over upright pixels.
_TURNED_BY_DECODER = frozenset((ImageFormat.TIFF, ImageFormat.HEIC))
_BACKGROUND = (255, 255, 255)
# Warning filters and Pillow's cap are one state for the whole process.
_WARNINGS = threading.Lock()


@dataclass(frozen=True, slots=True)
class Decoded:
    """First frame as RGB, with what is needed to read its metadata."""

    pixels: Image.Image
    mode: str
    orientation: int
    blocks: Blocks


def decode(data: bytes, found: ImageFormat, *, max_pixels: int) -> Decoded:
    """Decode the first frame of a file that the container walk has passed.

    Raises
    ------
    ImageRejectedError
        The decoder gave up, or the picture is larger than its header said.
    """
    with _decoder_errors(), _quiet_decoder():
        if found is ImageFormat.HEIC:
            _register_heif()
        name = _PILLOW_NAMES.get(found, found.value)
        is_png = found is ImageFormat.PNG
        stream = BytesIO(pixels_only(data) if is_png else data)
        with Image.open(stream, formats=(name,)) as image:
            _check_size(image, max_pixels)
            image.load()
            if is_png:
                check_rows(data)
            _check_size(image, max_pixels)
            blocks = _blocks(image, data, found)
            pixels = to_rgb(image)
            mode = image.mode
    pixels.info = {}
    turned = found in _TURNED_BY_DECODER
    orientation = 1 if turned else read_orientation(blocks.exif)
    return Decoded(pixels, mode, orientation, blocks)


def _register_heif() -> None:
    from pillow_heif import register_heif_opener  # noqa: PLC0415 - loads libheif

    register_heif_opener()


@contextmanager
def _quiet_decoder() -> Iterator[None]:
    with _WARNINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # Our own caps hold, from the header and again from the decoder; Pillow's
        # is fixed and lower than what an operator may allow.
        theirs, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            yield
        finally:
            Image.MAX_IMAGE_PIXELS = theirs


@contextmanager
def _decoder_errors() -> Iterator[None]:
    try:
        yield
    except ImageRejectedError:
        raise
    except Exception as error:  # a hostile file can make a decoder raise anything
        text = str(error).lower()
        if isinstance(error, EOFError) or "truncated" in text:
            code, what = RejectionCode.TRUNCATED, "The picture's data are cut off"
        else:
            code, what = RejectionCode.CORRUPT, "The picture's data are damaged"
        raise ImageRejectedError(
            code,
            f"{what}: the decoder gave up ({type(error).__name__}). Transfer or export "
            "it again.",
        ) from error


def _check_size(image: Image.Image, max_pixels: int) -> None:
    if image.width * image.height > max_pixels:
        raise ImageRejectedError(
            RejectionCode.TOO_MANY_PIXELS,
            f"The picture unfolds to {image.width:,} x {image.height:,} pixels; at "
            f"most {max_pixels:,} in all are accepted. Send a smaller copy.",
        )


def _blocks(image: Image.Image, data: bytes, found: ImageFormat) -> Blocks:
    if found not in (ImageFormat.AVIF, ImageFormat.HEIC):
        return containers.blocks(data, found)
    info = image.info
    exif, xmp, icc = (info.get(key) for key in ("exif", "xmp", "icc_profile"))
    return Blocks(
        exif=exif.removeprefix(b"Exif\x00\x00") if isinstance(exif, bytes) else b"",
        xmp=(xmp,) if isinstance(xmp, bytes) else (),
        icc=icc if isinstance(icc, bytes) else b"",
    )


def to_rgb(image: Image.Image) -> Image.Image:
    """Convert any pixel type to RGB; transparency on white.

    16-bit samples keep their upper byte; 32-bit integers and floats are stretched
    between their own extremes when they leave 0..255.
    """
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or _has_transparency(image):
        return _flatten(image)
    if image.mode == "RGB":
        return image
    if image.mode.startswith("I;16"):
        return _from_16_bits(image).convert("RGB")
    if image.mode in ("I", "F"):
        return _from_wide(image).convert("RGB")
    if image.mode == "LAB":
        return _from_lab(image)
    return image.convert("RGB")


def _has_transparency(image: Image.Image) -> bool:
    return image.mode in ("P", "L", "1", "RGB") and "transparency" in image.info


def _flatten(image: Image.Image) -> Image.Image:
    colored = image.convert("RGBA")
    canvas = Image.new("RGB", image.size, _BACKGROUND)
    canvas.paste(colored, mask=colored.getchannel("A"))
    return canvas


def _from_16_bits(image: Image.Image) -> Image.Image:
    samples = np.asarray(image)
    return Image.fromarray((samples >> 8).astype(np.uint8))


def _from_wide(image: Image.Image) -> Image.Image:
    samples = np.nan_to_num(np.asarray(image, dtype=np.float32), posinf=0.0, neginf=0.0)
    low, high = float(samples.min()), float(samples.max())
    if low < 0.0 or high > 255.0 or (image.mode == "F" and high <= 1.0):
        samples = (samples - low) * (255.0 / max(high - low, 1e-12))
    return Image.fromarray(samples.clip(0, 255).astype(np.uint8))


def _from_lab(image: Image.Image) -> Image.Image:
    lab, srgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, lab, srgb, outputMode="RGB")
    if converted is None:
        msg = "the LAB conversion gave no picture"
        raise ValueError(msg)
    return converted
