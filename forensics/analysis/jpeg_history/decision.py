"""From the traces of an earlier table to the probability of an earlier saving."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

import numpy as np

from forensics.analysis.jpeg_traces.coefficients import libjpeg_steps

if TYPE_CHECKING:
    from forensics.analysis.jpeg_traces.first_table import FirstTable

# A logistic regression, single and double as equally frequent. These numbers are
# printed by `python -m benchmarks.bench_jpeg_history PHOTOS --fit`.
WEIGHTS: Final = (1.361, 1.629)
INTERCEPT: Final = 4.036
# From here on the words say that the picture was saved before, and below the other
# that no trace of it was found.
SURE, UNLIKELY = 0.9, 0.6
# Nats a block that are nothing.
_FLOOR: Final = 0.003
_FEWEST_STEPS: Final = 3


def features(table: FirstTable) -> tuple[float, ...]:
    """Return the numbers that `WEIGHTS` weighs, each of order one.

    How much an earlier table explains, and whether its steps are one quality's.
    """
    explained = math.log(max(table.nats, 0.0) + _FLOOR)
    return explained, float(table.quality is not None)


def probability(table: FirstTable) -> float:
    """Return P(saved at least twice) for even odds before."""
    weighed = zip(WEIGHTS, features(table), strict=True)
    odds = INTERCEPT + sum(weight * value for weight, value in weighed)
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, odds))))


def first_quality(table: FirstTable) -> int | None:
    """Return libjpeg's quality of the earlier table, the nearest of other tables.

    None where too few of its steps are known.
    """
    if table.quality is not None:
        return table.quality
    steps = np.array(table.steps)
    known = steps > 0
    known[0] = False
    if known.sum() < _FEWEST_STEPS:
        return None
    away = [
        float(np.abs(libjpeg_steps(quality) - steps)[known].sum())
        for quality in range(1, 101)
    ]
    return int(np.argmin(away)) + 1
