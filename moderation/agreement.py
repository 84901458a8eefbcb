"""PURE: how far two raters agree beyond chance, and how sure one can be of it.

Cohen's kappa: J. Cohen, "A coefficient of agreement for nominal scales", Educational
and Psychological Measurement 20 (1960) 37-46. Its large-sample standard error where
kappa is not zero: J. L. Fleiss, J. Cohen, B. S. Everitt, "Large sample standard errors
of kappa and weighted kappa", Psychological Bulletin 72 (1969) 323-327. The interval of
a share: E. B. Wilson, "Probable inference, the law of succession, and statistical
inference", Journal of the American Statistical Association 22 (1927) 209-212.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from math import sqrt

Z_95 = 1.959963984540054
# Below this many pairs, figures are shown with a word of warning and no more.
FEW = 30
Pair = tuple[str, str]


class Undefined(Enum):
    """Why there is no kappa, or no interval around it."""

    NOTHING = "nothing was rated twice"
    ONE_CATEGORY = "both gave one and the same answer every time"
    NO_SPREAD = "the standard error is zero"


@dataclass(frozen=True, slots=True)
class Interval:
    """Where the true value lies, with 95 % confidence."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Agreement:
    """What two raters' answers come to.

    Attributes
    ----------
    count : int
        Pairs of answers.
    agreed : int
        Pairs of equal answers.
    expected : float
        Share of equal answers that chance alone would give, from how often each rater
        gave each answer.
    kappa : float or None
        None where it is not defined; ``why`` says so.
    interval : Interval or None
        95 %, asymptotic, within -1 to 1. None where it is not defined; with few pairs
        it is wide and only rough.
    """

    count: int
    agreed: int
    expected: float = 0.0
    kappa: float | None = None
    interval: Interval | None = None
    why: Undefined | None = None

    @property
    def share(self) -> float | None:
        """Share of equal answers."""
        return self.agreed / self.count if self.count else None

    @property
    def is_small(self) -> bool:
        """Whether there are too few pairs to conclude anything."""
        return self.count < FEW


def agreement(pairs: Iterable[Pair]) -> Agreement:
    """Return Cohen's kappa of pairs of answers, the first rater's first."""
    return agreement_of(Counter(pairs))


def agreement_of(table: Mapping[Pair, int]) -> Agreement:
    """Return Cohen's kappa of counted pairs, the first rater's answer first."""
    count = sum(table.values())
    if not count:
        return Agreement(0, 0, why=Undefined.NOTHING)
    shares = {pair: n / count for pair, n in table.items() if n}
    first, second = _marginals(shares)
    agreed = sum(n for (one, other), n in table.items() if one == other)
    expected = sum(share * second.get(answer, 0.0) for answer, share in first.items())
    if len(first) == 1 and first.keys() == second.keys():
        return Agreement(count, agreed, expected=1.0, why=Undefined.ONE_CATEGORY)
    kappa = (agreed / count - expected) / (1.0 - expected)
    error = _standard_error(shares, first, second, expected=expected, count=count)
    return Agreement(
        count,
        agreed,
        expected=expected,
        kappa=kappa,
        interval=_around(kappa, error) if error else None,
        why=None if error else Undefined.NO_SPREAD,
    )


def wilson(hits: int, count: int) -> Interval | None:
    """Return the 95 % interval of a share; None of nothing."""
    if not count:
        return None
    share, square = hits / count, Z_95 * Z_95
    middle = share + square / (2 * count)
    spread = Z_95 * sqrt(share * (1 - share) / count + square / (4 * count * count))
    scale = 1 + square / count
    return Interval(max(0.0, (middle - spread) / scale), (middle + spread) / scale)


def _marginals(
    shares: Mapping[Pair, float],
) -> tuple[dict[str, float], dict[str, float]]:
    first: dict[str, float] = {}
    second: dict[str, float] = {}
    for (one, other), share in shares.items():
        first[one] = first.get(one, 0.0) + share
        second[other] = second.get(other, 0.0) + share
    return first, second


def _standard_error(
    shares: Mapping[Pair, float],
    first: Mapping[str, float],
    second: Mapping[str, float],
    *,
    expected: float,
    count: int,
) -> float:
    """Return the standard error of kappa where it is not zero."""
    observed = sum(share for (one, other), share in shares.items() if one == other)
    equal = unequal = 0.0
    for (one, other), share in shares.items():
        if one == other:
            off = (first[one] + second[one]) * (1 - observed)
            equal += share * (1 - expected - off) ** 2
        else:
            unequal += share * (first.get(other, 0.0) + second.get(one, 0.0)) ** 2
    rest = (observed * expected - 2 * expected + observed) ** 2
    spread = equal + (1 - observed) ** 2 * unequal - rest
    tiny = 1e-12
    return 0.0 if spread < tiny else sqrt(spread / count) / (1 - expected) ** 2


def _around(value: float, error: float) -> Interval:
    return Interval(max(-1.0, value - Z_95 * error), min(1.0, value + Z_95 * error))
