"""What happens to whole pictures before and after an edit, alike in both classes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image

from forensics.training.forgeries.tables import Tables, draw_tables

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.training.forgeries.kinds import Mask, Picture

MIN_SIDE = 192
_RESAMPLING = (
    Image.Resampling.LANCZOS,
    Image.Resampling.BICUBIC,
    Image.Resampling.BILINEAR,
)
_SUBSAMPLING_NAMES = {0: "4:4:4", 1: "4:2:2", 2: "4:2:0"}


@dataclass(frozen=True, slots=True)
class Coding:
    """One JPEG coding; subsampling is Pillow's number."""

    tables: Tables
    subsampling: int

    def __str__(self) -> str:
        return f"JPEG {self.tables.words}, {_SUBSAMPLING_NAMES[self.subsampling]}"


@dataclass(frozen=True, slots=True)
class Resize:
    """A change of size by ``scale``; the filter is one of four."""

    scale: float
    method: int

    def __str__(self) -> str:
        return f"resized by {self.scale:.2f}"


@dataclass(frozen=True, slots=True)
class Before:
    """From the source to the canvas that is edited."""

    resize: Resize | None
    coding: Coding | None
    shift: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Step:
    """One later handling: cropped, resized, sharpened, coded (None: PNG)."""

    crop: tuple[int, int]
    resize: Resize | None
    sharpen: float
    coding: Coding | None


@dataclass(frozen=True, slots=True)
class After:
    """From the edited canvas to the final file."""

    steps: tuple[Step, ...]

    @property
    def scale(self) -> float:
        """Change of size over all steps."""
        return math.prod(s.resize.scale for s in self.steps if s.resize is not None)

    def needed(self, side: int) -> int:
        """Return the side of the canvas that leaves ``side`` px at the end."""
        crop = max(max(step.crop) for step in self.steps)
        # Each step rounds to whole pixels.
        slack = len(self.steps) if self.scale != 1.0 else 0
        return math.ceil((side + slack) / self.scale) + crop


def draw_before(rng: np.random.Generator) -> Before:
    """Draw a first life: none, JPEG, or resized and mostly JPEG.

    Half of the pictures are made smaller, some to a third: most pictures on the web
    are, and a network trained on camera pixels alone found little in them.
    """
    way = rng.random()
    resize = _resize(rng, 0.36, 0.95) if way > 0.5 else None
    coded = 0.2 < way <= 0.5 or (way > 0.5 and rng.random() < 0.6)
    coding = draw_coding(rng, _any_quality(rng)) if coded else None
    moved = coding is not None and rng.random() < 0.3
    shift = (int(rng.integers(8)), int(rng.integers(8))) if moved else (0, 0)
    return Before(resize=resize, coding=coding, shift=shift)


def draw_after(rng: np.random.Generator) -> After:
    """Draw a later life: saved, resized and saved, or sent round twice."""
    way = rng.random()
    if way < 0.17:
        return After(_shared_online(rng))
    crop = (0, 0)
    if rng.random() < 0.12:
        crop = (int(rng.integers(8)), int(rng.integers(8)))
    resize = None if way < 0.63 else _resize(rng, *_RANGES[int(rng.integers(3))])
    sharpen = float(rng.uniform(0.2, 0.9)) if rng.random() < 0.15 else 0.0
    coding = None if rng.random() < 0.075 else draw_coding(rng, _usual_quality(rng))
    return After((Step(crop=crop, resize=resize, sharpen=sharpen, coding=coding),))


_RANGES = ((0.8, 0.97), (0.5, 0.97), (0.7, 1.2))


def _shared_online(rng: np.random.Generator) -> tuple[Step, ...]:
    first = Step(
        (0, 0), _resize(rng, 0.5, 0.95), 0.0, draw_coding(rng, _low_quality(rng))
    )
    if rng.random() < 0.5:
        return (first,)
    again = _resize(rng, 0.75, 1.0) if rng.random() < 0.5 else None
    return first, Step((0, 0), again, 0.0, draw_coding(rng, _low_quality(rng)))


def _resize(rng: np.random.Generator, least: float, most: float) -> Resize:
    return Resize(scale=float(rng.uniform(least, most)), method=int(rng.integers(4)))


def _any_quality(rng: np.random.Generator) -> int:
    return int(rng.integers(60, 99))


def _usual_quality(rng: np.random.Generator) -> int:
    return int(rng.integers(70, 96)) if rng.random() < 0.8 else _any_quality(rng)


def _low_quality(rng: np.random.Generator) -> int:
    return int(rng.integers(70, 86))


def draw_coding(rng: np.random.Generator, quality: int) -> Coding:
    """Draw tables near a quality, and the chroma's resolution."""
    subsampling = int(rng.choice((2, 0, 1), p=(0.6, 0.25, 0.15)))
    return Coding(tables=draw_tables(rng, quality), subsampling=subsampling)


def encode_jpeg(picture: Picture, coding: Coding) -> bytes:
    """Encode as a baseline JPEG without metadata."""
    buffer = BytesIO()
    Image.fromarray(picture).save(
        buffer,
        "JPEG",
        qtables=[list(table) for table in coding.tables.values],
        subsampling=coding.subsampling,
    )
    return buffer.getvalue()


def encode_png(picture: Picture) -> bytes:
    """Encode as PNG, quickly."""
    buffer = BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def decode(data: bytes) -> tuple[Picture, NDArray[np.uint8] | None]:
    """Decode a file of ours; return RGB and its luma table in natural order."""
    with Image.open(BytesIO(data)) as image:
        tables = getattr(image, "quantization", None)
        pixels = np.asarray(image.convert("RGB"), dtype=np.uint8)
    if not tables:
        return pixels, None
    return pixels, np.array(tables[0], dtype=np.uint8).reshape(8, 8)


def resized(picture: Picture, *, size: tuple[int, int], method: int) -> Picture:
    """Resize to (width, height); method 0 averages areas, 1..3 are Pillow's filters."""
    if size == picture.shape[1::-1]:
        return picture
    if method == 0:
        return np.asarray(
            cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8
        )
    image = Image.fromarray(picture).resize(size, _RESAMPLING[method - 1])
    return np.asarray(image, dtype=np.uint8)


def sharpened(picture: Picture, *, amount: float, sigma: float = 1.0) -> Picture:
    """Unsharp masking."""
    soft = cv2.GaussianBlur(picture, (0, 0), sigma)
    return np.asarray(
        cv2.addWeighted(picture, 1 + amount, soft, -amount, 0.0), np.uint8
    )


def live_before(canvas: Picture, before: Before) -> tuple[Picture, tuple[str, ...]]:
    """Apply a first life to pixels cut from the source.

    Parameters
    ----------
    canvas : ndarray of uint8, shape (H, W, 3)
        RGB, large enough that resize and shift leave what is wanted.
    before : Before
        What to do.

    Returns
    -------
    tuple
        The pixels, smaller by ``shift``, and words for the history.
    """
    words: list[str] = []
    if before.resize is not None:
        size = _scaled_size(canvas, before.resize.scale)
        canvas = resized(canvas, size=size, method=before.resize.method)
        words.append(f"{before.resize} before")
    if before.coding is not None:
        canvas, _ = decode(encode_jpeg(canvas, before.coding))
        words.append(f"first {before.coding}")
    if any(before.shift):
        canvas, _ = _cropped(canvas, (), before.shift)
        words.append(f"grid shifted by {before.shift[0]}, {before.shift[1]}")
    return np.ascontiguousarray(canvas), tuple(words)


def _scaled_size(picture: Picture, scale: float) -> tuple[int, int]:
    """Return the scaled (width, height), not below the least useful size."""
    height, width = picture.shape[:2]
    scale = max(scale, min(1.0, MIN_SIDE / min(height, width)))
    return max(1, round(width * scale)), max(1, round(height * scale))


def live_after(
    canvas: Picture, masks: tuple[Mask, ...], after: After
) -> tuple[Picture, tuple[Mask, ...], tuple[str, ...]]:
    """Apply a later life but for the last coding; masks go along.

    Returns
    -------
    tuple
        The pixels to be coded last, the masks at their size, words for the history.
    """
    words: list[str] = []
    for number, step in enumerate(after.steps):
        canvas, masks = _cropped(canvas, masks, step.crop)
        if any(step.crop):
            words.append(f"cropped by {step.crop[0]}, {step.crop[1]}")
        if step.resize is not None:
            size = _scaled_size(canvas, step.resize.scale)
            canvas = resized(canvas, size=size, method=step.resize.method)
            masks = tuple(_resized_mask(mask, size) for mask in masks)
            words.append(f"{step.resize} after")
        if step.sharpen:
            canvas = sharpened(canvas, amount=step.sharpen)
            words.append("sharpened after")
        if step.coding is not None and number + 1 < len(after.steps):
            canvas, _ = decode(encode_jpeg(canvas, step.coding))
            words.append(f"shared as {step.coding}")
    return canvas, masks, tuple(words)


def encode_last(canvas: Picture, after: After) -> tuple[bytes, str]:
    """Make the final file; say which."""
    coding = after.steps[-1].coding
    if coding is None:
        return encode_png(canvas), "PNG"
    return encode_jpeg(canvas, coding), f"last {coding}"


def _cropped(
    canvas: Picture, masks: tuple[Mask, ...], crop: tuple[int, int]
) -> tuple[Picture, tuple[Mask, ...]]:
    if not any(crop):
        return canvas, masks
    top, left = (
        min(cut, max(0, side - MIN_SIDE))
        for cut, side in zip(crop, canvas.shape[:2], strict=True)
    )
    kept = np.ascontiguousarray(canvas[top:, left:])
    return kept, tuple(mask[top:, left:] for mask in masks)


def _resized_mask(mask: Mask, size: tuple[int, int]) -> Mask:
    if size == mask.shape[::-1] or not mask.any():
        return np.zeros(size[::-1], np.bool_) if not mask.any() else mask
    soft = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    return np.asarray(soft >= 0.5, np.bool_)
