"""Keeps training away from pictures that another data set is to be measured on."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from forensics.analysis.types import Limits
from forensics.training.benchmark.cases import read_cases
from forensics.training.benchmark.leaks import (
    find_leaks,
    read_hash_list,
    write_hash_list,
)
from forensics.training.benchmark.runner import Look, look_at
from forensics.training.errors import DatasetError
from forensics.training.grouping import group_by_source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from forensics.training.datasets import Sample


def without_spared(
    labelled: Sequence[Path], spared: Sequence[Path]
) -> tuple[Sample, ...]:
    """List the labelled pictures that share nothing with the spared data sets.

    A picture that looks like a spared one (mirrored, too) is left out, and with it
    every picture that shares a source with it, by CASIA's names or its set's manifest,
    or looks like it. So is what a spared set's manifest names as a source.

    Parameters
    ----------
    labelled, spared : sequence of Path
        Folders of data sets: to learn from, and to be measured on.

    Raises
    ------
    DatasetError
        Where nothing is left, a folder cannot be read, or two pictures have one name:
        which of them is left out could not be told.
    """
    cases = [case for folder in labelled for case in read_cases("", folder)]
    samples = [case.sample for case in cases]
    _refuse_doubles(samples)
    if not (samples and spared):
        return tuple(samples)
    tests = [c for folder in spared for c in read_cases("", folder)]
    listed = read_hash_list(write_hash_list(c.sample for c in tests), title="spared")
    prints = [look_at(Look(sample.path, Limits())) for sample in samples]
    hashes = np.array([p.plain if p else 0 for p in prints], dtype=np.uint64)
    groups = group_by_source(samples, hashes, named=[case.sources for case in cases])
    sources = {name for case in tests for name in case.sources}
    touched = {groups[index] for index in find_leaks(cases, prints, [listed])}
    touched |= {
        group
        for case, group in zip(cases, groups, strict=True)
        if not sources.isdisjoint((case.name, *case.sources))
    }
    kept = [
        sample
        for sample, group, found in zip(samples, groups, prints, strict=True)
        if found is not None and group not in touched
    ]
    if not kept:
        raise DatasetError(
            "Every labelled picture shares something with the spared data sets: "
            "nothing is left to learn from."
        )
    return tuple(kept)


def _refuse_doubles(samples: Sequence[Sample]) -> None:
    counts = Counter(sample.name for sample in samples)
    name, count = max(counts.items(), key=lambda one: one[1], default=("", 0))
    if count > 1:
        raise DatasetError(
            f"{count} labelled pictures are named {name}. Give each a name of its own."
        )
