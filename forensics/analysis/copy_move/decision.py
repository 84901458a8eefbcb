"""From measures of a pair of regions to the odds that one is a copy of the other."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from forensics.analysis.copy_move.verification import Pair

# Logistic regressions; `manage.py train_copy_move` prints these numbers. Fitted to free
# photographs only, with forced signs: more sameness can never acquit.
WEIGHTS = {
    "coverage": 0.00,
    "residual": 5.19,
    "ring": 0.00,
    "cut": -5.51,
    "solidity": 2.62,
    "own": 2.64,
    "rival": -2.11,
    "distinct": 2.40,
    "turned": -1.13,
    "mirrored": -0.37,
}
INTERCEPT = -6.26
# Slope and offset from the strongest pair's log-odds to the picture's.
PICTURE = (0.658, -0.123)
# Which side was pasted: log-odds a unit of `Pair.seam`.
SEAM = 4.76
# Signal of a picture without any pair that corresponds, and the least of any.
NOTHING = -4.0
# Signal from which a copy is reported, see docs/signals.md.
THRESHOLD = 1.0


def features(pair: Pair) -> dict[str, float]:
    """Return the numbers that `WEIGHTS` weighs, each of order one."""
    m = pair.measures
    candidate = pair.candidate
    return {
        "coverage": m.coverage,
        "residual": m.residual,
        "ring": m.ring,
        "cut": m.cut,
        "solidity": min(m.solidity, 1.0),
        "own": m.own,
        "rival": m.rival,
        "distinct": max(-0.2, m.own - m.rival),
        "turned": float(not candidate.is_shift and not candidate.mirrored),
        "mirrored": float(candidate.mirrored),
    }


def log_odds(pair: Pair) -> float:
    """Return the log-odds that the pair is a copy, both being as frequent."""
    found = features(pair)
    return INTERCEPT + sum(weight * found[name] for name, weight in WEIGHTS.items())


def signal_of(pair: Pair) -> float:
    """Return the log-odds of a copy in a picture whose strongest pair this is."""
    slope, offset = PICTURE
    return max(NOTHING, slope * log_odds(pair) + offset)


def probability(odds: float) -> float:
    """Turn log-odds into a probability."""
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, odds))))


def first_is_pasted(pair: Pair) -> float:
    """Return the probability that the first region is the copy, not the original."""
    return probability(SEAM * pair.seam)
