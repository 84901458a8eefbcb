"""Fits the copy-move decision: copies against likenesses and untouched pictures."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.optimize import minimize

from forensics.analysis.copy_move.analyzer import find_pairs
from forensics.analysis.copy_move.decision import WEIGHTS, features
from forensics.analysis.copy_move.working import prepare
from forensics.analysis.types import NotApplicableError
from forensics.training.errors import TrainingError
from forensics.training.forgeries.generator import ForgeryGenerator
from forensics.training.forgeries.kinds import ForgeryKind
from forensics.training.metrics import area_under_curve

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from forensics.analysis.copy_move.verification import Pair
    from forensics.training.forgeries.kinds import Forgery
    from forensics.training.progress import Progress

Picture: TypeAlias = NDArray[np.uint8]
Values: TypeAlias = NDArray[np.float64]

SIDES = (256, 704)
_UNLIKE_AREA = 0.05
_SAME_AREA = 0.3
_RIDGE = 0.02
_FOLDS = 5
FEWEST = 20
# Which way a measure may count: more sameness never acquits.
_SIGNS = {"ring": -1, "cut": -1, "rival": -1, "turned": -1, "mirrored": -1}
# Of eight samples: copy-moves, then likenesses, a pattern, and untouched ones.
_COPIES, _LIKENESSES, _PATTERNS, _PERIOD = 3, 5, 6, 8


@dataclass(frozen=True, slots=True)
class Example:
    """One pair of regions: its numbers, whether it is a copy, and of which picture.

    ``pasted`` is 1 or 0 where the first region was or was not the pasted one, else NaN.
    """

    numbers: tuple[float, ...]
    is_copy: bool
    picture: int
    seam: float
    pasted: float


@dataclass(frozen=True, slots=True)
class Fit:
    """The constants of `forensics.analysis.copy_move.decision`, and how they do.

    ``auc`` and ``auc_found`` are of pictures, from models that had not seen the
    picture: of all copies, and of those of which any pair was found.
    """

    weights: dict[str, float]
    intercept: float
    picture: tuple[float, float]
    seam: float
    threshold: float
    auc: float
    auc_found: float
    pictures: int
    pairs: int


def train(
    sources: Sequence[Path], *, samples: int, seed: int, progress: Progress
) -> Fit:
    """Make samples, measure their pairs and fit.

    Parameters
    ----------
    sources : sequence of Path
        Authentic photographs.
    samples : int
        Pictures to make: three eighths copy-moves, a quarter likenesses (a region bent,
        relit and with noise of its own), an eighth patterns of tiles alike, the rest
        untouched.
    seed : int
        Of all draws.
    progress : Progress
        Shows how far it has come.

    Raises
    ------
    TrainingError
        Too few copies were found to fit anything.
    """
    forged, plain = (
        ForgeryGenerator(
            sources,
            side=SIDES,
            seed=seed,
            kinds={ForgeryKind.COPY_MOVE: 1.0},
            untouched=share,
        )
        for share in (0.0, 1.0)
    )
    labels: list[bool] = []
    examples: list[Example] = []
    for index in progress(range(samples), total=samples, label="copy-move samples"):
        is_copy_move = index % _PERIOD < _COPIES
        forgery = (forged if is_copy_move else plain).make(index)
        labels.append(is_copy_move)
        examples += _examples(forgery, index, seed)
    if sum(example.is_copy for example in examples) < FEWEST:
        raise TrainingError(
            f"Fewer than {FEWEST} copies were found in {samples} samples. Make more."
        )
    return fit(examples, np.array(labels))


def _examples(forgery: Forgery, index: int, seed: int) -> Iterator[Example]:
    try:
        pairs = find_pairs(prepare(Image.fromarray(_pixels(forgery, index, seed))))
    except NotApplicableError:
        return
    for pair in pairs:
        same, pasted = _agreement(pair, forgery)
        if same >= _SAME_AREA or same < _UNLIKE_AREA:
            numbers = tuple(features(pair).values())
            yield Example(numbers, same >= _SAME_AREA, index, pair.seam, pasted)


def _pixels(forgery: Forgery, index: int, seed: int) -> Picture:
    draw = np.random.default_rng([seed, index, 1])
    pixels = np.asarray(forgery.pixels, dtype=np.uint8)
    role = index % _PERIOD
    if _COPIES <= role < _LIKENESSES:
        return likeness(draw, pixels)
    if _LIKENESSES <= role < _PATTERNS:
        return pattern(draw, pixels)
    return pixels


def _agreement(pair: Pair, forgery: Forgery) -> tuple[float, float]:
    """Return how well the regions are the copy and its origin, and which is which."""
    if forgery.origin is None:
        return 0.0, float("nan")
    origin = forgery.origin
    straight = min(_f1(pair.first, forgery.mask), _f1(pair.second, origin))
    swapped = min(_f1(pair.first, origin), _f1(pair.second, forgery.mask))
    return max(straight, swapped), float(straight > swapped)


def _f1(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    return 2.0 * int((found & truth).sum()) / max(1, int(found.sum() + truth.sum()))


def likeness(draw: np.random.Generator, pixels: Picture) -> Picture:
    """Paste a region bent, relit and with noise of its own: alike, not the same.

    Parameters
    ----------
    draw : numpy.random.Generator
        Consumed.
    pixels : ndarray of uint8, shape (rows, columns, 3)
        RGB.
    """
    rows, columns = pixels.shape[:2]
    side = int(min(rows, columns) * draw.uniform(0.15, 0.4))
    tops, lefts = draw.integers(0, rows - side, 2), draw.integers(0, columns - side, 2)
    bent = _bent(draw, pixels.astype(np.float32))
    light = _smooth(draw, (rows, columns), side / 3) * draw.uniform(3, 15)
    grain = draw.normal(0.0, draw.uniform(1, 4), bent.shape).astype(np.float32)
    other = bent * np.float32(draw.uniform(0.85, 1.15)) + light[..., None] + grain
    result = pixels.astype(np.float32)
    source = (slice(tops[0], tops[0] + side), slice(lefts[0], lefts[0] + side))
    target = (slice(tops[1], tops[1] + side), slice(lefts[1], lefts[1] + side))
    result[target] = other[source]
    return _saved(draw, result)


def pattern(draw: np.random.Generator, pixels: Picture) -> Picture:
    """Tile a region into a pattern whose repetitions differ a little, as prints do."""
    rows, columns = pixels.shape[:2]
    side = int(min(rows, columns) * draw.uniform(0.12, 0.3))
    top, left = draw.integers(0, rows - side), draw.integers(0, columns - side)
    tile = pixels[top : top + side, left : left + side].astype(np.float32)
    result = np.zeros(pixels.shape, dtype=np.float32)
    for y in range(0, rows, side):
        for x in range(0, columns, side):
            change = np.eye(2, 3) + draw.normal(size=(2, 3)) * [0.008, 0.008, 0.5]
            edge = cv2.BORDER_REFLECT
            moved = cv2.warpAffine(tile, change, (side, side), borderMode=edge)
            shade = np.float32(draw.uniform(0.92, 1.08))
            part = np.asarray(moved)[: rows - y, : columns - x]
            result[y : y + side, x : x + side] = part * shade
    grain = draw.normal(0.0, draw.uniform(2, 6), result.shape).astype(np.float32)
    return _saved(draw, _bent(draw, result) + grain)


def _bent(draw: np.random.Generator, light: NDArray[np.float32]) -> NDArray[np.float32]:
    shape = (light.shape[0], light.shape[1])
    wave, height = draw.uniform(8, 25), draw.uniform(0.8, 2.5)
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    across, down = (_smooth(draw, shape, wave) * np.float32(height) for _ in range(2))
    bent = cv2.remap(
        light, x + across, y + down, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(bent, dtype=np.float32)


def _smooth(
    draw: np.random.Generator, shape: tuple[int, int], wave: float
) -> NDArray[np.float32]:
    """Return smooth noise of deviation one."""
    field = draw.normal(size=shape).astype(np.float32)
    soft = np.asarray(cv2.GaussianBlur(field, (0, 0), wave), dtype=np.float32)
    return soft / np.float32(soft.std() + 1e-6)


def _saved(draw: np.random.Generator, light: NDArray[np.float32]) -> Picture:
    buffer = io.BytesIO()
    picture = Image.fromarray(np.clip(light, 0, 255).astype(np.uint8))
    picture.save(buffer, "JPEG", quality=int(draw.integers(75, 96)))
    return np.asarray(Image.open(buffer).convert("RGB"))


def fit(examples: Sequence[Example], labels: NDArray[np.bool_]) -> Fit:
    """Fit pairs, then pictures, to logistic curves.

    Parameters
    ----------
    examples : sequence of Example
        Measured pairs; pictures without any have none.
    labels : ndarray of bool, shape (pictures,)
        Whether each picture holds a copy-move.
    """
    numbers = np.array([example.numbers for example in examples])
    is_copy = np.array([example.is_copy for example in examples])
    pictures = np.array([example.picture for example in examples])
    unseen = np.zeros(len(examples))
    for fold in range(_FOLDS):
        held = pictures % _FOLDS == fold
        weights, intercept = _logistic(numbers[~held], is_copy[~held], signs=_signs())
        unseen[held] = numbers[held] @ weights + intercept
    strongest = np.full(len(labels), unseen.min())
    np.maximum.at(strongest, pictures, unseen)
    has_found = ~labels
    has_found[pictures[is_copy]] = True
    slope, offset = _logistic(
        strongest[has_found, None], labels[has_found], signs=np.ones(1)
    )
    weights, intercept = _logistic(numbers, is_copy, signs=_signs())
    untouched = slope[0] * strongest[~labels] + offset
    return Fit(
        weights=dict(zip(WEIGHTS, weights.tolist(), strict=True)),
        intercept=intercept,
        picture=(float(slope[0]), offset),
        seam=_seam(examples),
        threshold=float(np.quantile(untouched, 0.99)),
        auc=area_under_curve(labels, strongest),
        auc_found=area_under_curve(labels[has_found], strongest[has_found]),
        pictures=len(labels),
        pairs=len(examples),
    )


def _signs() -> Values:
    return np.array([_SIGNS.get(name, 1) for name in WEIGHTS], dtype=np.float64)


def _seam(examples: Sequence[Example]) -> float:
    known = [one for one in examples if one.is_copy]
    seams = np.array([[one.seam] for one in known])
    pasted = np.array([one.pasted > 0.5 for one in known])
    both = np.concatenate([seams, -seams])
    weights, _ = _logistic(both, np.concatenate([pasted, ~pasted]), signs=np.ones(1))
    return float(weights[0])


def _logistic(
    numbers: Values, truth: NDArray[np.bool_], *, signs: Values
) -> tuple[Values, float]:
    """Fit a ridge logistic regression, classes weighing the same, signs forced."""
    middle, spread = numbers.mean(axis=0), numbers.std(axis=0) + 1e-9
    scaled = (numbers - middle) / spread
    side = np.where(truth, 1.0, -1.0)
    share = np.where(truth, 0.5 / truth.sum(), 0.5 / (~truth).sum())

    def loss(point: Values) -> tuple[float, Values]:
        margin = side * (scaled @ point[:-1] + point[-1])
        value = float(share @ np.logaddexp(0.0, -margin))
        slope = -share * side / (1.0 + np.exp(np.minimum(margin, 500.0)))
        inner = scaled.T @ slope + _RIDGE * point[:-1]
        penalty = 0.5 * _RIDGE * float(point[:-1] @ point[:-1])
        return value + penalty, np.append(inner, slope.sum())

    allowed = [(0.0, None) if sign > 0 else (None, 0.0) for sign in signs]
    bounds = [*allowed, (None, None)]
    start = np.zeros(numbers.shape[1] + 1)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds).x
    weights: Values = found[:-1] / spread
    return weights, float(found[-1] - weights @ middle)
