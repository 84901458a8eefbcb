"""The quantization table of an earlier JPEG on the same grid, from its histograms."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
from scipy.special import ndtr

from forensics.analysis.jpeg_traces.coefficients import FREQUENCIES, libjpeg_steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from forensics.analysis.jpeg_traces.coefficients import Coefficients, Quantized

# First steps that are tried, and shares of blocks that went through the first JPEG.
STEPS: Final = np.arange(2, 49)
_SHARES: Final = np.array((0.5, 0.65, 0.8, 0.9, 0.97))
_SCALES: Final = np.geomspace(0.5, 120.0, 8)
_UNITS: Final = 256
_EXPECTATION_STEPS: Final = 30
# Nats below which a frequency says nothing of its own.
_FEWEST_NATS: Final = 10.0
_FEWEST_NATS_IN_TABLE: Final = 2.0
_QUALITIES: Final = range(30, 100)
# A libjpeg table wins over steps chosen one by one if it explains this much of them.
_TABLE_EXPLAINS: Final = 0.85
_HALF_RANGE: Final = 1100


@dataclass(frozen=True, slots=True, eq=False)
class FirstTable:
    """What is known of an earlier compression on the same grid.

    Attributes
    ----------
    steps : tuple of int
        First quantization step of each frequency; 0 where it left no trace.
    nats : float
        Log-likelihood over one compression, per block.
    share : float
        Part of the blocks that went through it, one of a few tried.
    quality : int or None
        libjpeg quality whose table explains the steps, if one does.
    ratios : tuple of ndarray of float64
        For each frequency, p(bin | two compressions) / p(bin | one): of the bins 1,
        2, ... of either sign, and for the DC of all bins with 0 in the middle. Empty
        where the step is 0.
    """

    steps: tuple[int, ...]
    nats: float
    share: float
    quality: int | None
    ratios: tuple[NDArray[np.float64], ...]


def find_first_table(found: Quantized, elsewhere: Coefficients) -> FirstTable:
    """Fit a mixture of blocks with one and with two compressions.

    Zero bins and DC values that repeat the neighbor's are left out: flat areas hold
    the same value by the thousand.

    Parameters
    ----------
    found : Quantized
        Coefficients on the grid in question.
    elsewhere : Coefficients
        The same picture on a grid shifted by half a block, which no compression has
        quantized: the shape of the histogram without any.

    References
    ----------
    Bianchi, T., De Rosa, A., Piva, A. (2011). Improved DCT coefficient analysis for
    forgery localization in JPEG images. ICASSP.
    """
    weights = _spreads(elsewhere)
    ratios = [_ratios(found, weights, index) for index in range(len(FREQUENCIES))]
    gains = np.stack(
        [_gains(_counts(found, i, r.shape[1]), r) for i, r in enumerate(ratios)]
    )
    steps, nats, share = _one_by_one(gains)
    table_steps, table_nats, table_share, quality = _best_quality(gains)
    is_table = table_nats > 0.0 and table_nats >= _TABLE_EXPLAINS * nats
    if is_table:
        steps, nats, share = table_steps, table_nats, table_share
    chosen = tuple(
        ratio[step - STEPS[0]] if step else np.zeros(0)
        for step, ratio in zip(steps, ratios, strict=True)
    )
    return FirstTable(
        steps=steps,
        nats=nats / max(1, found.is_clipped.size),
        share=share,
        quality=quality if is_table else None,
        ratios=chosen,
    )


def _spreads(elsewhere: Coefficients) -> NDArray[np.float64]:
    """Fit mixtures of Laplacians (EM): weights (frequency, scale)."""
    units = np.minimum(np.abs(elsewhere.values) + 0.5, _UNITS - 1).astype(np.int64)
    offsets = _UNITS * np.arange(len(FREQUENCIES))[:, None]
    size = _UNITS * len(FREQUENCIES)
    counts = np.bincount((units + offsets).ravel(), minlength=size)
    histograms = counts.reshape(-1, _UNITS).astype(np.float64) + 1e-6
    edges = np.maximum(np.arange(_UNITS + 1) - 0.5, 0.0)
    beyond = np.exp(-edges[:, None] / _SCALES)
    beyond[-1] = 0.0
    density = beyond[:-1] - beyond[1:]
    weights = np.full((len(histograms), len(_SCALES)), 1.0 / len(_SCALES))
    for _ in range(_EXPECTATION_STEPS):
        weights *= (histograms / (weights @ density.T + 1e-12)) @ density
        weights /= weights.sum(axis=1, keepdims=True)
    return weights


def _ratios(
    found: Quantized, weights: NDArray[np.float64], index: int
) -> NDArray[np.float64]:
    step = found.steps[index]
    if index == 0:
        return _dc_ratios(step, found.noise)
    return _ac_ratios(weights[index], step, found.noise)


def _tail(weights: NDArray[np.float64], at: NDArray[np.float64]) -> NDArray[np.float64]:
    beyond: NDArray[np.float64] = np.exp(-np.maximum(at, 0.0)[..., None] / _SCALES)
    return beyond @ weights


def _ac_ratios(
    weights: NDArray[np.float64], step: int, noise: float
) -> NDArray[np.float64]:
    """Return p(bin | two) / p(bin | one) given a bin not zero, (candidate, bin)."""
    table = _transitions(step, noise)
    bins = np.arange(1.0, table.shape[1] + 1.0)
    one = _tail(weights, (bins - 0.5) * step) - _tail(weights, (bins + 0.5) * step)
    multiples = np.arange(float(table.shape[2]))
    firsts = STEPS[:, None].astype(np.float64)
    mass = _tail(weights, (multiples - 0.5) * firsts)
    mass -= _tail(weights, (multiples + 0.5) * firsts)
    two = np.einsum("cvk,ck->cv", table, mass)
    one = np.maximum(one, 1e-9)
    two /= two.sum(axis=1, keepdims=True) + 1e-9
    ratios: NDArray[np.float64] = two / (one / one.sum())
    return ratios


@lru_cache(maxsize=24)
def _transitions(step: int, noise: float) -> NDArray[np.float32]:
    """Return P(bin | multiple of the first step), (candidate, bin 1.., multiple 0..).

    At most 0.5 MB each.
    """
    bins = np.arange(1, int(np.clip(100 // step, 10, 48)) + 1)
    highest = min(int(bins[-1] + 1) * step // int(STEPS[0]), 1000) + 1
    at = np.arange(highest)[:, None] * STEPS[:, None, None].astype(np.float32)
    # The last axis is the bin.
    upper = ndtr(((bins + 0.5) * step - at) / noise)
    lower = ndtr(((bins - 0.5) * step - at) / noise)
    table: NDArray[np.float32] = (upper - lower).transpose(0, 2, 1).astype(np.float32)
    table[:, :, 0] *= 2.0  # noise leaves zero to both sides
    return table


@lru_cache(maxsize=24)
def _dc_ratios(step: int, noise: float) -> NDArray[np.float64]:
    """Return the same of the DC, whose density is flat over a few steps.

    1 for first steps up to the last one: no bin is then forbidden, and bins that are
    merely rarer mislead where a flat area repeats one.
    """
    half = _HALF_RANGE // step + 1
    values = np.arange(-half, half + 1) * float(step)
    firsts = STEPS[:, None].astype(np.float64)
    nearest = np.rint(values / firsts)
    ratios = np.zeros((len(STEPS), len(values)))
    for offset in (-1.0, 0.0, 1.0):
        away = values - (nearest + offset) * firsts
        ratios += ndtr((away + step / 2.0) / noise) - ndtr((away - step / 2.0) / noise)
    ratios *= firsts / step
    ratios[step >= STEPS] = 1.0
    return ratios


def _counts(found: Quantized, index: int, size: int) -> NDArray[np.int64]:
    bins = found.bins[index]
    if index:
        values = np.abs(bins[~found.is_clipped]).astype(np.int64)
        values = values[(values > 0) & (values <= size)] - 1
    else:
        fresh = ~found.is_clipped
        fresh[:, 1:] &= bins[:, 1:] != bins[:, :-1]
        fresh[1:] &= bins[1:] != bins[:-1]
        values = np.clip(bins[fresh].astype(np.int64) + size // 2, 0, size - 1)
    return np.bincount(values, minlength=size)


def _gains(
    counts: NDArray[np.int64], ratios: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return nats over one compression, (candidate, share)."""
    mixed = np.log(ratios[:, :, None] * _SHARES + (1.0 - _SHARES) + 1e-9)
    gains: NDArray[np.float64] = np.einsum("v,cva->ca", counts.astype(float), mixed)
    return gains


def _one_by_one(gains: NDArray[np.float64]) -> tuple[tuple[int, ...], float, float]:
    best = gains.max(axis=1)
    totals = np.where(best > _FEWEST_NATS, best, 0.0).sum(axis=0)
    share = int(totals.argmax())
    candidates = STEPS[gains[:, :, share].argmax(axis=1)]
    steps = np.where(best[:, share] > _FEWEST_NATS, candidates, 0)
    return tuple(steps.tolist()), float(totals[share]), float(_SHARES[share])


def _best_quality(
    gains: NDArray[np.float64],
) -> tuple[tuple[int, ...], float, float, int]:
    tables = np.stack([libjpeg_steps(quality) for quality in _QUALITIES])
    is_tried = (tables >= STEPS[0]) & (tables <= STEPS[-1])
    rows = np.clip(tables - STEPS[0], 0, len(STEPS) - 1)
    picked = gains[np.arange(len(FREQUENCIES)), rows]  # quality, frequency, share
    picked = np.where(is_tried[:, :, None], picked, 0.0)
    totals = picked.sum(axis=1)
    row, share = divmod(int(totals.argmax()), len(_SHARES))
    speaks = is_tried[row] & (picked[row, :, share] > _FEWEST_NATS_IN_TABLE)
    steps = np.where(speaks, tables[row], 0)
    total, part = float(totals[row, share]), float(_SHARES[share])
    return tuple(steps.tolist()), total, part, _QUALITIES[row]
