"""JPEG quantization tables: the standard ones by quality, and camera-like variants."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from PIL import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

Table: TypeAlias = tuple[int, ...]
_CUSTOM_SHARE = 0.15


@dataclass(frozen=True, slots=True)
class Tables:
    """Luma and chroma tables, natural order, and their name for the history."""

    values: tuple[Table, Table]
    words: str


@lru_cache(maxsize=128)
def standard_tables(quality: int) -> tuple[Table, Table]:
    """Return libjpeg's luma and chroma tables for a quality of 1..100."""
    buffer = BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG", quality=quality)
    with Image.open(buffer) as image:
        tables: dict[int, list[int]] = getattr(image, "quantization", {})
    return tuple(tables[0]), tuple(tables[1])


def draw_tables(rng: np.random.Generator, quality: int) -> Tables:
    """Take the standard tables, or bend them as makers of cameras and editors do."""
    standard = standard_tables(quality)
    if rng.random() >= _CUSTOM_SHARE:
        return Tables(values=standard, words=f"quality {quality}")
    tilt, chroma = rng.uniform(-0.5, 0.5), rng.uniform(0.6, 1.2)
    jitter = rng.uniform(0.85, 1.15, 64)
    luma = _bent(standard[0], tilt=tilt, gain=1.0, jitter=jitter)
    color = _bent(standard[1], tilt=tilt, gain=chroma, jitter=jitter)
    return Tables(values=(luma, color), words=f"own tables near quality {quality}")


def _bent(
    table: Table, *, tilt: float, gain: float, jitter: NDArray[np.float64]
) -> Table:
    """Scale high frequencies against low ones, and each step a little."""
    rows, columns = np.indices((8, 8))
    slope = np.exp(tilt * ((rows + columns).ravel() / 7.0 - 1.0))
    steps = np.rint(np.array(table) * gain * slope * jitter)
    return tuple(int(step) for step in np.clip(steps, 1, 255))
