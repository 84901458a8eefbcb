"""Splits by source picture, so that no test image shares pixels with a training one."""

from __future__ import annotations

import random
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from forensics.training.datasets import Label, Sample
from forensics.training.errors import DatasetError
from forensics.training.hashing import near_pairs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

_AUTHENTIC_NAME = re.compile(r"^au_([a-z]{3})_(\d{1,5})$", re.IGNORECASE)
_TAMPERED_NAME = re.compile(
    r"^(?:tp|sp)_[a-z](?:_[a-z0-9]+)*?_([a-z]{3}\d{4,5})_([a-z]{3}\d{4,5})[._]\d+$",
    re.IGNORECASE,
)
NEAR_DUPLICATE_BITS = 8


class Split(StrEnum):
    """What a picture is used for."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


SHARES: Mapping[Split, float] = {
    Split.TRAIN: 0.65,
    Split.VALIDATION: 0.15,
    Split.TEST: 0.20,
}


@dataclass(frozen=True, slots=True)
class SplitPlan:
    """Which group and split each sample fell into, aligned with the samples."""

    groups: tuple[int, ...]
    splits: tuple[Split, ...]

    def indices(self, split: Split) -> list[int]:
        """Positions of the samples in ``split``."""
        return [i for i, own in enumerate(self.splits) if own is split]


def source_names(name: str) -> tuple[str, ...]:
    """Name the authentic pictures that a CASIA file was made from.

    ``Tp_D_CND_M_N_ani00018_sec00096_00138.tif`` gives ``ani18`` and ``sec96``;
    ``Au_ani_00018.jpg`` gives ``ani18``; a name of another kind gives nothing.
    """
    return tuple(dict.fromkeys(f"{t[:3]}{int(t[3:])}" for t in source_tokens(name)))


def source_tokens(name: str) -> tuple[str, ...]:
    """Spell the sources of a CASIA file as its set does, e.g. ``ani00018``.

    CASIA 1 numbers with four digits, CASIA 2 with five: equal tokens are of one set.
    """
    stem = name.rsplit(".", 1)[0]
    match = _AUTHENTIC_NAME.match(stem)
    if match:
        return (f"{match[1]}{match[2]}".lower(),)
    match = _TAMPERED_NAME.match(stem)
    return tuple(dict.fromkeys(t.lower() for t in match.groups())) if match else ()


def group_by_source(
    samples: Sequence[Sample],
    hashes: NDArray[np.uint64],
    *,
    named: Sequence[Sequence[str]] | None = None,
) -> tuple[int, ...]:
    """Join the pictures that share a source by name or look alike by hash.

    Parameters
    ----------
    samples : sequence of Sample
        The pictures, of length n.
    hashes : ndarray of uint64, shape (n,)
        Their perceptual hashes.
    named : sequence of sequences of str, length n, optional
        Further names of sources, of pictures whose own names do not tell them.

    Returns
    -------
    tuple of int
        One group number a sample; two samples of one number may share pixels.
    """
    forest = Forest(len(samples))
    first_of: dict[str, int] = {}
    for index, sample in enumerate(samples):
        further = named[index] if named is not None else ()
        # Two name spaces: a file called ani18 is not CASIA's.
        names = [*source_names(sample.name), *(f"file {name}" for name in further)]
        for source in names:
            forest.join(index, first_of.setdefault(source, index))
    for left, right in near_pairs(hashes, hashes, bits=NEAR_DUPLICATE_BITS):
        forest.join(left, right)
    return tuple(forest.root(index) for index in range(len(samples)))


class Forest:
    """Disjoint sets with path halving."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def root(self, node: int) -> int:
        """Name the set of a node by one of its nodes."""
        parent = self._parent
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    def join(self, left: int, right: int) -> None:
        """Make one set of two nodes' sets."""
        self._parent[self.root(left)] = self.root(right)


def plan_splits(
    samples: Sequence[Sample], groups: Sequence[int], *, seed: int
) -> SplitPlan:
    """Deal whole groups to the splits, both classes near their shares.

    Large groups are dealt first, each to the split that lacks most of what it
    holds; the order among equals is drawn with ``seed``.

    Raises
    ------
    DatasetError
        Where a split would lack one of the classes.
    """
    members = _shuffled_members(groups, seed=seed)
    totals = Counter(sample.label for sample in samples)
    dealt: dict[Split, Counter[Label]] = {split: Counter() for split in Split}
    split_of: dict[int, Split] = {}
    for group, indices in members:
        content = Counter(samples[i].label for i in indices)
        chosen = max(Split, key=lambda s: _lack(content, dealt[s], totals, SHARES[s]))
        dealt[chosen].update(content)
        split_of[group] = chosen
    for split, counts in dealt.items():
        if any(counts[label] == 0 for label in Label):
            raise DatasetError.too_few_groups(split)
    return SplitPlan(tuple(groups), tuple(split_of[g] for g in groups))


def _shuffled_members(
    groups: Sequence[int], *, seed: int
) -> list[tuple[int, list[int]]]:
    members: defaultdict[int, list[int]] = defaultdict(list)
    for index, group in enumerate(groups):
        members[group].append(index)
    ordered = list(members.items())
    random.Random(seed).shuffle(ordered)  # noqa: S311 - a split, not a secret
    return sorted(ordered, key=lambda item: -len(item[1]))


def _lack(
    content: Counter[Label],
    dealt: Counter[Label],
    totals: Counter[Label],
    share: float,
) -> float:
    """How much of what a group holds is still missing, relative to the target."""
    return sum(
        count * (1 - dealt[label] / (share * totals[label])) / totals[label]
        for label, count in content.items()
    )
