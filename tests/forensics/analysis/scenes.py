"""Pictures with known noise, and the finding that an analyzer makes of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from forensics.analysis.image import load_evidence
from forensics.analysis.types import Finding, Limits
from tests.images import photo_like

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.analysis.types import Analyzer

BOX = (272, 208, 464, 384)
SIZE = (768, 640)


def analyzed(analyzer: Analyzer, data: bytes) -> Finding:
    return analyzer.analyze(load_evidence(data, Limits()))


def scene(seed: int, size: tuple[int, int] = SIZE) -> NDArray[np.float32]:
    """Light, edges and color without noise, away from black and white, (h, w, 3)."""
    width, height = size
    small = photo_like(seed, (width // 4, height // 4))
    smooth = small.resize(size, Image.Resampling.BICUBIC)
    levels = np.asarray(smooth, dtype=np.float32)
    return 40.0 + 0.6 * levels


def grainy(
    seed: int, deviation: float | NDArray[np.float32], size: tuple[int, int] = SIZE
) -> NDArray[np.float32]:
    """A scene with gray Gaussian noise of a deviation, one or one a pixel."""
    rng = np.random.default_rng(seed + 1000)
    grain = rng.normal(0.0, 1.0, (size[1], size[0], 1)) * deviation
    return np.asarray(scene(seed, size) + grain, dtype=np.float32)


def picture(levels: NDArray[np.float32]) -> Image.Image:
    return Image.fromarray(np.rint(levels).clip(0, 255).astype(np.uint8))


def patched(base: Image.Image, changed: Image.Image) -> Image.Image:
    """``base`` with ``changed`` inside `BOX`."""
    joined = base.copy()
    joined.paste(changed.crop(BOX), BOX)
    return joined


def number(finding: Finding, key: str = "signal") -> float:
    value = finding.data[key]
    assert isinstance(value, float | int)
    return float(value)


def overlap(finding: Finding, box: tuple[int, int, int, int] = BOX) -> float:
    """F1 of the localization at .5 against a box."""
    assert finding.localization is not None
    cell = finding.localization.cell
    shown = np.kron(finding.localization.values, np.ones((cell, cell))) > 0.5
    mask = np.zeros_like(shown)
    mask[box[1] : box[3], box[0] : box[2]] = True
    return float(2.0 * (shown & mask).sum() / max(1, shown.sum() + mask.sum()))
