"""Authentic photographs, decoded once and kept within a budget of bytes."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from forensics.analysis.image import load_evidence
from forensics.analysis.types import ImageRejectedError, Limits
from forensics.training.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from forensics.training.forgeries.kinds import Picture

MIN_SIDE = 192
KEPT_SIDE = 1600
LEAST_VIEW = KEPT_SIDE // 2
_NATIVE_SHARE = 0.4
_TRIES = 24
_NAMED = 8
_STREAM = 7


class SourcePool:
    """Draws photographs at random; remembers, by name, those that cannot be used.

    Large pictures are kept as a *view* of at most `KEPT_SIDE` px: a crop at native
    resolution, or the whole picture made smaller. Which one depends only on the seed,
    the file's place in the list and ``epoch``, never on earlier calls.

    Parameters
    ----------
    paths : sequence of Path
        Picture files that Pixelwarden can read.
    seed : int
        Seeds the views.
    cache_bytes : int
        Decoded views kept in memory; at least one is.
    least_view : int
        Long side, px, that large pictures are reduced to at most: small ones show a
        whole scene in few pixels, as web pages do.
    """

    def __init__(
        self,
        paths: Sequence[Path],
        *,
        seed: int,
        cache_bytes: int,
        least_view: int = LEAST_VIEW,
    ) -> None:
        if not paths:
            raise DatasetError("No source photographs. Give at least one file.")
        self._paths = tuple(paths)
        self._seed = seed
        self._budget = cache_bytes
        self._least_view = least_view
        self._held = 0
        self._views: OrderedDict[tuple[int, int], Picture] = OrderedDict()
        self.skipped: dict[Path, str] = {}

    def __len__(self) -> int:
        return len(self._paths)

    def __getstate__(self) -> dict[str, Any]:
        """Leave the decoded views behind when another process gets a copy."""
        return {**self.__dict__, "_views": OrderedDict(), "_held": 0}

    def name(self, number: int) -> str:
        """Return a photograph's file name."""
        return self._paths[number].name

    def draw(
        self, rng: np.random.Generator, *, epoch: int, other_than: int | None = None
    ) -> tuple[int, Picture]:
        """Draw a usable photograph and return its number and its view.

        Raises
        ------
        DatasetError
            Where none of the many tried can be used; names them.
        """
        for _ in range(_TRIES):
            number = int(rng.integers(len(self._paths)))
            if number == other_than and len(self._paths) > 1:
                number = (number + 1) % len(self._paths)
            view = self._view(number, epoch)
            if view is not None:
                return number, view
        raise DatasetError(self._complaint())

    def _complaint(self) -> str:
        named = [f"{path.name}: {why}" for path, why in self.skipped.items()]
        more = len(named) - _NAMED
        lines = named[:_NAMED] + ([f"and {more} more"] if more > 0 else [])
        return "The source photographs cannot be used. " + "; ".join(lines)

    def _view(self, number: int, epoch: int) -> Picture | None:
        key = (number, epoch)
        if key in self._views:
            self._views.move_to_end(key)
            return self._views[key]
        path = self._paths[number]
        if path in self.skipped:
            return None
        try:
            view = self._load(path, np.random.default_rng([self._seed, _STREAM, *key]))
        except (ImageRejectedError, OSError) as error:
            self.skipped[path] = str(error)
            return None
        if min(view.shape[:2]) < MIN_SIDE:
            self.skipped[path] = f"smaller than {MIN_SIDE} px"
            return None
        self._keep(key, view)
        return view

    def _load(self, path: Path, rng: np.random.Generator) -> Picture:
        pixels = load_evidence(path.read_bytes(), Limits()).pixels
        picture = np.asarray(pixels.convert("RGB"), dtype=np.uint8)
        if max(picture.shape[:2]) <= KEPT_SIDE:
            return picture
        if rng.random() < _NATIVE_SHARE:
            return _native_crop(picture, rng)
        return _smaller(picture, rng, least=self._least_view)

    def _keep(self, key: tuple[int, int], view: Picture) -> None:
        self._views[key] = view
        self._held += view.nbytes
        while self._held > self._budget and len(self._views) > 1:
            _, dropped = self._views.popitem(last=False)
            self._held -= dropped.nbytes


def _native_crop(picture: Picture, rng: np.random.Generator) -> Picture:
    """Cut a part on the 16-px grid, so that the camera's own JPEG grid stays known."""
    rows, columns = (min(KEPT_SIDE * 3 // 4, side) for side in picture.shape[:2])
    top = int(rng.integers(picture.shape[0] - rows + 1)) // 16 * 16
    left = int(rng.integers(picture.shape[1] - columns + 1)) // 16 * 16
    return picture[top : top + rows, left : left + columns].copy()


def _smaller(picture: Picture, rng: np.random.Generator, *, least: float) -> Picture:
    height, width = picture.shape[:2]
    least = max(least, MIN_SIDE * max(height, width) / min(height, width))
    least = min(least, float(KEPT_SIDE))
    long_side = math.exp(rng.uniform(math.log(least), math.log(KEPT_SIDE)))
    scale = long_side / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, dtype=np.uint8)
