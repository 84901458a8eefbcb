"""The localizing network: which squares of a picture seem edited, and how surely."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image
from scipy import ndimage, special

from forensics.analysis.localizer_network import (
    ELA_QUALITY,
    ENGINE,
    MODEL_NAME,
    LocalizerNetwork,
    TileInput,
    check_localizer,
    load_localizer,
)
from forensics.analysis.model_errors import ModelError, ModelMissingError
from forensics.analysis.model_store import open_model
from forensics.analysis.quantization import luma_table
from forensics.analysis.rendering import upright
from forensics.analysis.tiles import CELL, Mosaic, Plan, Tile, padded
from forensics.analysis.types import (
    EvidenceImage,
    Finding,
    FindingStatus,
    Json,
    Localization,
    ModelRef,
    NotApplicableError,
)

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from forensics.analysis.image import ImageEvidence
    from forensics.analysis.manifest import LocalizerContract, Manifest, Pooling
    from forensics.analysis.model_store import StoredModel

SMALLEST_SIDE = 64
# Some .3 s a megapixel on one core: what fits into the default time limit of an
# analysis with room for slower machines and the other signals.
MAX_PIXELS = 60_000_000
INCONSISTENT = "local_inconsistency"
_LONG_SIDE = 1600
# Black over violet and orange to light yellow: brighter is always more.
_COLORS = (
    (0.00, (0, 0, 0)),
    (0.25, (66, 10, 104)),
    (0.50, (147, 38, 103)),
    (0.75, (221, 81, 58)),
    (0.90, (252, 165, 10)),
    (1.00, (252, 255, 164)),
)
_CAPTION = (
    "Where the localizing network sees traces that differ from the rest: dark means "
    "none, yellow means clearly. It can be wrong both ways: sky, print, repeated "
    "texture and sharpened parts can shine in an untouched picture, and a careful or "
    "heavily compressed edit can stay dark."
)

_NOT_INSTALLED = (
    "The localizing network is not installed here: this check was asked for, but "
    "could not be made."
)

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class Maps:
    """Logits of a whole picture, float32 of shape (rows, columns), one a cell."""

    mask: NDArray[np.float32]
    evidence: NDArray[np.float32]


class LocalizerAnalyzer:
    """Asks the localizing network where a picture seems edited.

    The picture is never resized: the network sees pixels, error levels and the
    JPEG's luma table as they are, by tiles that begin on the file's own grid. The
    weights are loaded when the first picture comes, once a process, after their
    SHA-256, format and input contract were checked.

    Parameters
    ----------
    store : Path
        Folder of models.
    name : str
        The model's name; ``name@version`` takes exactly that version instead of the
        store's active one.

    References
    ----------
    M.-J. Kwon et al., "Learning JPEG Compression Artifacts for Image Manipulation
    Detection and Localization", IJCV 130, 2022, for the two streams of input;
    P. O. Pinheiro and R. Collobert, "From Image-level to Pixel-level Labeling with
    Convolutional Networks", CVPR 2015, for pooling cells to the picture's score.
    """

    name = "localizer"
    # Of this module, what surrounds the network; raised with what it answers.
    code_version = "1"

    def __init__(self, store: Path, name: str = MODEL_NAME) -> None:
        self._store = store
        self._name, _, version = name.partition("@")
        self._pinned = version or None
        self._model: StoredModel | None = None

    @property
    def version(self) -> str:
        """The code's and the model's, a manifest's digest; ``none`` without a model."""
        try:
            model = self._open()
        except ModelError:
            return "none"
        return f"{self.code_version}/{model.manifest.version}-{model.digest}"

    def analyze(self, evidence: ImageEvidence) -> Finding:
        """Look at one picture.

        A model that is missing, damaged or of another kind makes a finding that says
        so; how to get a missing one is the system check's to say, to who can.

        Raises
        ------
        NotApplicableError
            Where a side of the picture is shorter than 64 px, it has more than
            `MAX_PIXELS`, or its error levels cannot be had.
        """
        _check_size(*evidence.pixels.size)
        try:
            model = self._open()
            network = load_localizer(model)
            contract = check_localizer(model.manifest)
        except ModelError as error:
            return self._without_model(error)
        maps = localize(evidence, network, contract)
        return self._finding(maps, evidence, model, contract)

    def _open(self) -> StoredModel:
        if self._model is None:
            model = open_model(self._store, self._name, version=self._pinned)
            check_localizer(model.manifest)
            self._model = model
        return self._model

    def _without_model(self, error: ModelError) -> Finding:
        logger.error("The localizer of %s cannot run: %s", self._store, error)
        status, summary = FindingStatus.FAILED, f"The localizer cannot run: {error}"
        if isinstance(error, ModelMissingError):
            status, summary = FindingStatus.NOT_APPLICABLE, _NOT_INSTALLED
        return Finding(
            self.name,
            self.version,
            status,
            summary,
            data={"model": self._name, "problem": str(error)},
        )

    def _finding(
        self,
        maps: Maps,
        evidence: ImageEvidence,
        model: StoredModel,
        contract: LocalizerContract,
    ) -> Finding:
        manifest = model.manifest
        signal = pooled(maps.evidence, contract.pooling)
        score = float(special.expit(manifest.calibrated(signal)))
        edited = special.expit(maps.mask)
        marked = float(np.mean(edited >= contract.mask_threshold))
        return Finding(
            analyzer=self.name,
            version=self.version,
            status=FindingStatus.OK,
            summary=_summary(score, marked, manifest),
            score=score,
            codes=(INCONSISTENT,) if score >= manifest.threshold else (),
            data=_data(signal, marked, manifest, contract),
            evidence=(heat_map(edited, evidence),),
            model=_reference(manifest),
            localization=Localization(edited, CELL),
        )


def _check_size(width: int, height: int) -> None:
    if min(width, height) < SMALLEST_SIDE:
        detail = (
            f"A side is shorter than {SMALLEST_SIDE} px: too few squares to "
            "compare one with the others."
        )
        raise NotApplicableError(detail)
    if width * height > MAX_PIXELS:
        detail = (
            f"The picture has more than {MAX_PIXELS // 1_000_000} megapixels: the "
            "localizing network, which looks at every pixel, would take too long."
        )
        raise NotApplicableError(detail)


def localize(
    evidence: ImageEvidence, network: LocalizerNetwork, contract: LocalizerContract
) -> Maps:
    """Run the network over a whole picture, tile by tile.

    Parameters
    ----------
    evidence : ImageEvidence
        The picture, at least 64 px a side.
    network : LocalizerNetwork
        Loaded weights.
    contract : LocalizerContract
        How to cut the picture.

    Returns
    -------
    Maps
        One value a square of 8 px, the last ones reaching past the border.
    """
    width, height = evidence.pixels.size
    tiling = contract.tiling
    plan = Plan.of(width=width, height=height, side=tiling.side, overlap=tiling.overlap)
    levels = evidence.error_levels(quality=ELA_QUALITY)
    found = luma_table(evidence)
    table = np.ones(64, dtype=np.float32) if found is None else found
    mask, strength = Mosaic(plan), Mosaic(plan)
    for tile in plan:
        shown = TileInput(_cut(evidence.pixels, tile), _cut(levels, tile), table)
        answer = network.answer(shown)
        mask.add(tile, answer.mask)
        strength.add(tile, answer.evidence)
    return Maps(mask.joined(), strength.joined())


def pooled(evidence: NDArray[np.float32], pooling: Pooling) -> float:
    """Join the cells' logits to the picture's: the mean of the strongest.

    Parameters
    ----------
    evidence : ndarray of float32, shape (rows, columns)
        Logits, smoothed here by the mean over 3 x 3 cells (fewer at the border), so
        that a single outlying cell does not speak for a picture.
    pooling : Pooling
        How many cells count.

    Returns
    -------
    float
        A logit.
    """
    kept = ndimage.uniform_filter(evidence, 3, mode="constant")
    kept /= ndimage.uniform_filter(np.ones_like(evidence), 3, mode="constant")
    count = max(pooling.least, round(pooling.share * kept.size))
    count = min(count, pooling.most, kept.size)
    strongest = np.partition(kept, kept.size - count, axis=None)[-count:]
    return float(strongest.mean(dtype=np.float64))


def heat_map(edited: NDArray[np.float32], evidence: ImageEvidence) -> EvidenceImage:
    """Paint P(edited) in the picture's shape, upright.

    Parameters
    ----------
    edited : ndarray of float32, shape (rows, columns)
        0..1, one a cell.
    evidence : ImageEvidence
        Whose size and orientation to take.
    """
    width, height = evidence.pixels.size
    scale = min(1.0, _LONG_SIDE / max(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    cells = Image.fromarray((edited * 255.0).round().astype(np.uint8))
    # The last cells reach past the border; what is shown ends at it.
    box = (0.0, 0.0, width / CELL, height / CELL)
    smooth = cells.resize(size, Image.Resampling.BILINEAR, box=box)
    smooth.putpalette(_palette())
    picture = upright(smooth.convert("RGB"), evidence.orientation)
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=90)
    return EvidenceImage(
        kind=LocalizerAnalyzer.name,
        data=buffer.getvalue(),
        media_type="image/jpeg",
        width=picture.width,
        height=picture.height,
        caption=_CAPTION,
    )


def _cut(picture: Image.Image, tile: Tile) -> NDArray[np.uint8]:
    right = min(picture.width, tile.left + tile.width)
    bottom = min(picture.height, tile.top + tile.height)
    visible = picture.crop((tile.left, tile.top, right, bottom))
    return padded(np.asarray(visible, dtype=np.uint8), tile)


def _palette() -> list[int]:
    places, colors = zip(*_COLORS, strict=True)
    shades = np.linspace(0.0, 1.0, 256)
    channels = [
        np.interp(shades, places, channel) for channel in zip(*colors, strict=True)
    ]
    flat: list[int] = np.stack(channels, axis=1).round().astype(int).ravel().tolist()
    return flat


def _data(
    signal: float, marked: float, manifest: Manifest, contract: LocalizerContract
) -> dict[str, Json]:
    return {
        "signal": signal,
        "log_odds": manifest.calibrated(signal),
        "threshold": manifest.threshold,
        "marked_share": round(marked, 4),
        "mask_threshold": contract.mask_threshold,
        "cell_px": CELL,
        "calibration": {"slope": manifest.slope, "intercept": manifest.intercept},
        "research_only": manifest.research_only,
        "limits": manifest.limits,
    }


def _reference(manifest: Manifest) -> ModelRef:
    entry = manifest.file(ENGINE)
    assert entry is not None  # noqa: S101 - load_localizer has just read it
    return ModelRef(
        manifest.name,
        manifest.version,
        entry.sha256,
        ENGINE,
        research_only=manifest.research_only,
        terms=manifest.terms,
    )


def _summary(score: float, marked: float, manifest: Manifest) -> str:
    is_reached = score >= manifest.threshold
    if is_reached:
        found = "sees squares whose fine traces differ from the rest of the picture"
    else:
        found = "sees no clear difference between parts of the picture"
    area = _area(marked, is_reached=is_reached)
    return f"The localizing network {found}; {area} {manifest.limits}"


def _area(marked: float, *, is_reached: bool) -> str:
    if marked == 0:
        return "it marks no area."
    if is_reached:
        return f"it marks {_percent(marked)} of the area."
    return (
        f"it marks {_percent(marked)} of the area weakly, and as a whole that is not "
        "enough to count."
    )


def _percent(share: float) -> str:
    percents = 100 * share
    if percents < 1:
        return "less than 1 %"
    return f"{math.floor(percents + 0.5)} %"
