"""Error-level analysis: where one more JPEG compression changes the picture most."""

from __future__ import annotations

import math
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

from forensics.analysis.recompression import scaled_for_viewing
from forensics.analysis.rendering import upright
from forensics.analysis.types import EvidenceImage, Finding, FindingStatus, Json

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.analysis.image import ImageEvidence

BLOCK = 16
_LONG_SIDE = 1600
# Block means are taken from levels times this, saturating at 255: 1/16 level of
# resolution in 8 bits, and single bright edges cannot carry a block away.
_GAIN = 16
_LUMINANCE = (0.299 * _GAIN, 0.587 * _GAIN, 0.114 * _GAIN, 0.0)
_PERCENTILES = (50, 90, 95, 99)
_CAPTION = (
    "What re-saving as JPEG at quality {quality} changes, brightened. Similar edges, "
    "textures and surfaces should look alike; a region unlike others of its kind "
    "deserves a look. Edges and fine texture always shine, and brightening "
    "exaggerates them: no bright spot is proof."
)


@dataclass(frozen=True, slots=True)
class ElaAnalyzer:
    """Error levels at one JPEG quality: statistics, a regional contrast, a heat map.

    The score is ``1 - exp(-contrast / 8)`` where ``contrast`` is how many robust
    standard deviations (1.4826 MAD, at least 1/4 level) the 98th percentile of the
    16-px block means lies above 3 of them over their median. It is an index of
    unevenness, not a probability: over eight image sets of other origin mean
    error levels separated forged from untouched at AUC .57 raw and .48 once both
    were re-encoded alike, so fusion gives ELA no weight.

    References
    ----------
    Krawetz, N. (2007). A Picture's Worth: Digital Image Analysis and Forensics.
    """

    quality: int = 90
    name: str = "ela"
    version: str = "1.0"

    def analyze(self, evidence: ImageEvidence) -> Finding:
        """Compare the picture with its re-encoded self."""
        levels = evidence.error_levels(quality=self.quality)
        statistics = channel_statistics(levels)
        regions = regional_contrast(levels)
        score = None if regions is None else 1.0 - math.exp(-regions.contrast / 8.0)
        data: dict[str, Json] = {
            "quality": self.quality,
            "channels": statistics,
            "regions": None if regions is None else regions.as_json(),
        }
        return Finding(
            analyzer=self.name,
            version=self.version,
            status=FindingStatus.OK,
            summary=_summary(score),
            score=score,
            data=data,
            evidence=(heat_map(levels, evidence.orientation, self.quality),),
        )


def _summary(score: float | None) -> str:
    if score is None:
        return (
            "Too small to compare regions; the error-level picture is for viewing only."
        )
    evenness = (
        "fairly even across the picture"
        if score < 0.5
        else "uneven: some regions change much more than the rest"
    )
    return (
        f"Error levels are {evenness}. Texture alone can cause this: an aid for the "
        "eye, without weight in the verdict."
    )


def channel_statistics(levels: Image.Image) -> dict[str, Json]:
    """Return mean, maximum and percentiles of the levels for each channel."""
    histogram = np.asarray(levels.histogram(), dtype=np.int64).reshape(-1, 256)
    found: dict[str, Json] = {}
    for name, counts in zip(levels.getbands(), histogram, strict=True):
        cumulated = np.cumsum(counts)
        total = int(cumulated[-1])
        found[name] = {
            "mean": round(float(counts @ np.arange(256)) / total, 4),
            "max": int(np.flatnonzero(counts)[-1]),
            **{
                f"p{p}": int(np.searchsorted(cumulated, total * p / 100))
                for p in _PERCENTILES
            },
        }
    return found


@dataclass(frozen=True, slots=True)
class RegionalContrast:
    """How the block means are spread, in levels; ``contrast`` in robust deviations."""

    blocks: tuple[int, int]
    median: float
    spread: float
    high: float
    contrast: float

    def as_json(self) -> dict[str, Json]:
        """Return plain numbers for the finding's data."""
        return {
            "block_px": BLOCK,
            "rows": self.blocks[0],
            "columns": self.blocks[1],
            "median": round(self.median, 4),
            "spread": round(self.spread, 4),
            "p98": round(self.high, 4),
            "contrast": round(self.contrast, 4),
        }


def block_means(levels: Image.Image) -> NDArray[np.float32]:
    """Return mean luminance levels of whole 16-px blocks, float32 (rows, columns).

    Levels saturate at 255/16, about 16, before the mean is taken. In pictures with
    a side over 1600 px every second row and column is sampled, 64 levels a block.
    """
    columns, rows = (side // BLOCK for side in levels.size)
    if not columns or not rows:
        return np.zeros((0, 0), dtype=np.float32)
    step = 2 if max(levels.size) > _LONG_SIDE else 1
    box = (0, 0, columns * BLOCK, rows * BLOCK)
    sampled = (columns * BLOCK // step, rows * BLOCK // step)
    thinned = levels.resize(sampled, Image.Resampling.NEAREST, box=box)
    means = thinned.convert("L", _LUMINANCE).reduce(BLOCK // step)
    return np.asarray(means, dtype=np.float32) / np.float32(_GAIN)


def regional_contrast(levels: Image.Image) -> RegionalContrast | None:
    """Say how far the highest blocks stand out, or None below 64 blocks."""
    means = block_means(levels)
    if means.size < 64:
        return None
    median, high = (float(v) for v in np.percentile(means, (50, 98)))
    spread = max(0.25, 1.4826 * float(np.median(np.abs(means - median))))
    return RegionalContrast(
        blocks=(means.shape[0], means.shape[1]),
        median=median,
        spread=spread,
        high=high,
        contrast=max(0.0, (high - median) / spread - 3.0),
    )


def heat_map(levels: Image.Image, orientation: int, quality: int) -> EvidenceImage:
    """Encode the levels for viewing: reduced by averaging, brightened, upright."""
    factor = -(-max(levels.size) // _LONG_SIDE)
    smaller = levels.reduce(factor) if factor > 1 else levels
    picture = upright(scaled_for_viewing(smaller), orientation)
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    return EvidenceImage(
        kind="ela",
        data=buffer.getvalue(),
        media_type="image/jpeg",
        width=picture.width,
        height=picture.height,
        caption=_CAPTION.format(quality=quality),
    )
