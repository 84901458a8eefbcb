"""PURE: what a share is worth that was counted on so many."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_Z = 1.959963984540054  # 95 %


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many, with the bounds that hold it 95 times in 100."""

    hits: int
    total: int

    @property
    def value(self) -> float:
        """The share itself; 0 of nothing."""
        return self.hits / self.total if self.total else 0.0

    @property
    def low(self) -> float:
        """The lower bound."""
        return wilson(self.hits, self.total)[0]

    @property
    def high(self) -> float:
        """The upper bound."""
        return wilson(self.hits, self.total)[1]

    def __add__(self, other: Share) -> Share:
        return Share(self.hits + other.hits, self.total + other.total)


def wilson(hits: int, total: int) -> tuple[float, float]:
    """Return the score interval of Wilson (1927) at 95 %; (0, 1) of nothing."""
    if total == 0:
        return 0.0, 1.0
    share, z2 = hits / total, _Z**2
    middle = share + z2 / (2 * total)
    reach = _Z * math.sqrt(share * (1 - share) / total + z2 / (4 * total**2))
    scale = 1 + z2 / total
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


def percentile(ordered: Sequence[float], fraction: float) -> float:
    """Return what SQL's ``percentile_cont`` does, of values in rising order."""
    place = fraction * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)
