"""Whether the thumbnail inside a file shows the same picture as the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from forensics.analysis.containers import ImageFormat
from forensics.analysis.decoding import decode
from forensics.analysis.types import ImageRejectedError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SIDE = 24
_MAX_PIXELS = 1_000_000
# Below this spread of gray levels a picture is too flat to be told from another.
_FLAT = 4.0
_TURNS = (
    None,
    Image.Transpose.ROTATE_90,
    Image.Transpose.ROTATE_180,
    Image.Transpose.ROTATE_270,
)

Gray = NDArray[np.float64]
Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class ThumbnailMatch:
    """Size of the thumbnail and how far it agrees with the picture.

    ``correlation`` is the best rank correlation (-1..1) over framings and quarter
    turns; None where either is too flat or unreadable.
    """

    width: int
    height: int
    correlation: float | None


def compare_thumbnail(thumbnail: bytes, pixels: Image.Image) -> ThumbnailMatch | None:
    """Compare a JPEG thumbnail with the picture.

    Ranks of 24 x 24 gray levels are correlated, so brightness, contrast and gamma
    do not matter. Cameras letterbox, crop or turn thumbnails: the best agreement
    over those framings counts, a mismatch has to survive all of them.

    Parameters
    ----------
    thumbnail : bytes
        A JPEG file.
    pixels : PIL.Image.Image
        Mode RGB, as stored.
    """
    try:
        decoded = decode(thumbnail, ImageFormat.JPEG, max_pixels=_MAX_PIXELS)
    except ImageRejectedError:
        return None
    small = decoded.pixels.convert("L")
    picture = _reduced(pixels)
    pairs = [
        correlation
        for turn in _TURNS
        for correlation in _correlations(
            small if turn is None else small.transpose(turn), picture
        )
    ]
    return ThumbnailMatch(small.width, small.height, max(pairs, default=None))


def _reduced(pixels: Image.Image) -> Image.Image:
    factor = max(1, min(pixels.size) // 240)
    return pixels.reduce(factor).convert("L")


def _correlations(small: Image.Image, picture: Image.Image) -> Iterator[float]:
    for small_box, picture_box in _framings(small.size, picture.size):
        first, second = _sampled(small, small_box), _sampled(picture, picture_box)
        if min(first.std(), second.std()) >= _FLAT:
            yield rank_correlation(first, second)


def _framings(
    small: tuple[int, int], picture: tuple[int, int]
) -> Iterator[tuple[Box, Box]]:
    whole_small, whole_picture = (0.0, 0.0, *small), (0.0, 0.0, *picture)
    yield whole_small, whole_picture
    # Letterboxed: the picture lies in the middle of the thumbnail.
    yield _central(small, picture[0] / picture[1]), whole_picture
    # Cropped: the thumbnail shows the middle of the picture.
    yield whole_small, _central(picture, small[0] / small[1])


def _central(size: tuple[int, int], aspect: float) -> Box:
    width, height = size
    inner_width = max(1.0, min(width, height * aspect))
    inner_height = max(1.0, min(height, width / aspect))
    left, top = (width - inner_width) / 2, (height - inner_height) / 2
    return left, top, left + inner_width, top + inner_height


def _sampled(picture: Image.Image, box: Box) -> Gray:
    limited = (
        max(0.0, box[0]),
        max(0.0, box[1]),
        min(float(picture.width), box[2]),
        min(float(picture.height), box[3]),
    )
    small = picture.resize((_SIDE, _SIDE), Image.Resampling.BOX, box=limited)
    return np.asarray(small, dtype=np.float64)


def rank_correlation(first: Gray, second: Gray) -> float:
    """Return Spearman's rank correlation of two pictures of one shape."""
    a, b = _ranks(first), _ranks(second)
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / norm if norm else 0.0


def _ranks(values: Gray) -> Gray:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    upper = np.cumsum(counts)
    return (upper - (counts - 1) / 2.0)[inverse.ravel()].astype(np.float64)
