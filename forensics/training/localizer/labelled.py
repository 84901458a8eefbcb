"""Pictures with masks from a data set, each time through another history.

Both classes are resized and re-encoded by the same draws: a data set's own compression
would otherwise be learned in place of the forgery.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from forensics.training.benchmark.cases import Case, read_cases
from forensics.training.errors import DatasetError
from forensics.training.forgeries.history import decode, draw_coding, encode_jpeg

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

_TAMPERED = 0.6
_FACTORS = (0.75, 1.2)
_QUALITIES = (70, 97)
_METHODS = (cv2.INTER_AREA, cv2.INTER_CUBIC, cv2.INTER_LANCZOS4, cv2.INTER_LINEAR)
_ATTEMPTS = 24


class LabelledPictures:
    """Draws pictures of data sets, tampered ones (with a mask) three times in five.

    Parameters
    ----------
    folders : sequence of Path
        In CASIA's layout, or with authentic/, tampered/ and masks/.
    known : frozenset of str
        If not empty, only files of these names are drawn.
    seed : int
        Not negative.

    Raises
    ------
    DatasetError
        Where a class is missing.
    """

    def __init__(
        self, folders: Sequence[Path], *, known: frozenset[str], seed: int
    ) -> None:
        cases = [case for folder in folders for case in read_cases("", folder)]
        wanted = [case for case in cases if not known or case.name in known]
        self._tampered = [case for case in wanted if case.is_fake and case.mask]
        self._authentic = [case for case in wanted if not case.is_fake]
        self._seed = seed
        if not (self._tampered and self._authentic):
            raise DatasetError(
                "The labelled folders need authentic pictures, and tampered ones with "
                "masks, among the files to learn from."
            )

    def make(
        self, index: int
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.uint8] | None]:
        """Return pixels, mask and luma table of a re-encoded copy; set by the index."""
        draw = np.random.default_rng([self._seed, 3, index])
        for _attempt in range(_ATTEMPTS):
            is_fake = draw.random() < _TAMPERED
            cases = self._tampered if is_fake else self._authentic
            loaded = _load(cases[draw.integers(len(cases))])
            if loaded is not None:
                return _relived(*loaded, draw)
        raise DatasetError("The labelled pictures cannot be read.")


def _load(case: Case) -> tuple[NDArray[np.uint8], NDArray[np.bool_]] | None:
    try:
        with Image.open(case.sample.path) as picture:
            pixels = np.asarray(picture.convert("RGB"))
        if case.mask is None:
            return pixels, np.zeros(pixels.shape[:2], dtype=bool)
        with Image.open(case.mask) as picture:
            mask = np.asarray(picture.convert("L")) > 127
    except (OSError, ValueError, UnidentifiedImageError):
        return None
    return (pixels, mask) if mask.shape == pixels.shape[:2] else None


def _relived(
    pixels: NDArray[np.uint8], mask: NDArray[np.bool_], draw: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.bool_], NDArray[np.uint8] | None]:
    if draw.random() < 0.5:
        pixels, mask = pixels[:, ::-1], mask[:, ::-1]
    factor = draw.uniform(*_FACTORS)
    size = (round(pixels.shape[1] * factor), round(pixels.shape[0] * factor))
    method = _METHODS[draw.integers(len(_METHODS))]
    resized = np.asarray(
        cv2.resize(np.ascontiguousarray(pixels), size, interpolation=method),
        dtype=np.uint8,
    )
    shares = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    decoded, table = decode(encode_jpeg(resized, draw_coding(draw, _quality(draw))))
    if draw.random() < 0.25:
        again = encode_jpeg(decoded, draw_coding(draw, _quality(draw)))
        decoded, table = decode(again)
    return decoded, shares >= 0.5, table


def _quality(draw: np.random.Generator) -> int:
    return int(draw.integers(*_QUALITIES))
