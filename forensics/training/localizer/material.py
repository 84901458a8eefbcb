"""Deals the pictures: what a localizer learns from, and what it is watched by."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, UnidentifiedImageError

from forensics.training.benchmark.cases import read_cases
from forensics.training.datasets import Label, Sample
from forensics.training.forgeries import DEFAULT_KINDS, LEAST_VIEW, ForgeryKind
from forensics.training.grouping import Split as Part
from forensics.training.grouping import group_by_source, plan_splits
from forensics.training.hashing import perceptual_hash
from forensics.training.localizer.batches import Mixture
from forensics.training.localizer.sparing import without_spared
from forensics.training.localizer.split import split_photographs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from pathlib import Path


@dataclass(frozen=True, slots=True)
class Folders:
    """Where the pictures lie, and the kinds of edit that are kept for the test.

    Attributes
    ----------
    photographs : tuple of Path
        Folders of untouched photographs; split by camera.
    labelled : tuple of Path
        Data sets; split by source picture, none kept for a test. Forgeries that have
        a mask are learned from themselves, untouched pictures by what is made of them.
    unseen_kinds : frozenset of ForgeryKind
        Edits never made in training.
    spared : tuple of Path
        Data sets to be measured on: labelled pictures that share something with
        theirs are left out.
    share : float
        Of the samples that are the labelled pictures themselves, where there are any.
    least_view, developed
        As the generator takes them; of what is learned from only, so that runs with
        and without are watched by the same pictures.
    """

    photographs: tuple[Path, ...]
    labelled: tuple[Path, ...] = ()
    unseen_kinds: frozenset[ForgeryKind] = frozenset()
    spared: tuple[Path, ...] = ()
    share: float = 0.35
    least_view: int = LEAST_VIEW
    developed: float = 0.0


@dataclass(frozen=True, slots=True)
class Material:
    """Mixtures to learn from and to watch by, and every file either may show."""

    learn: Mixture
    check: Mixture
    seen: tuple[Path, ...] = field(repr=False)


def deal(folders: Folders, *, seed: int) -> Material:
    """Deal photographs and labelled pictures to learning and watching.

    Raises
    ------
    DatasetError
        Where there are too few of them.
    """
    split = split_photographs(folders.photographs)
    samples = without_spared(folders.labelled, folders.spared)
    watched, masked = _watched(samples, seed=seed), _masked(folders.labelled)
    kinds = {k: w for k, w in DEFAULT_KINDS.items() if k not in folders.unseen_kinds}
    mixtures = [
        Mixture(
            photographs=(*photographs, *_untouched(part)),
            # Without masks a data set still gives pictures to make forgeries from.
            labelled=folders.labelled if _is_learnable(part, masked) else (),
            known=frozenset(sample.name for sample in part),
            share=folders.share,
            kinds=kinds,
        )
        for photographs, part in (
            (split.learn, [s for s in samples if s.name not in watched]),
            (split.check, [s for s in samples if s.name in watched]),
        )
    ]
    seen = (*split.learn, *split.check, *(sample.path for sample in samples))
    learn = replace(
        mixtures[0], least_view=folders.least_view, developed=folders.developed
    )
    return Material(learn=learn, check=mixtures[1], seen=seen)


def _watched(samples: Sequence[Sample], *, seed: int) -> Collection[str]:
    """Names of the labelled pictures that are only watched by, in whole groups."""
    if not samples:
        return ()
    readable = [(s, h) for s in samples if (h := _hash(s.path)) is not None]
    kept = [sample for sample, _ in readable]
    hashes = np.array([found for _, found in readable], dtype=np.uint64)
    plan = plan_splits(kept, group_by_source(kept, hashes), seed=seed)
    parts = zip(kept, plan.splits, strict=True)
    return {sample.name for sample, part in parts if part is Part.VALIDATION}


def _masked(folders: Sequence[Path]) -> Collection[str]:
    cases = (case for folder in folders for case in read_cases("", folder))
    return {case.name for case in cases if case.is_fake and case.mask}


def _is_learnable(samples: Sequence[Sample], masked: Collection[str]) -> bool:
    has_masked = any(sample.name in masked for sample in samples)
    return has_masked and bool(_untouched(samples))


def _untouched(samples: Iterable[Sample]) -> list[Path]:
    return [sample.path for sample in samples if sample.label is Label.AUTHENTIC]


def _hash(path: Path) -> int | None:
    try:
        with Image.open(path) as picture:
            return perceptual_hash(picture.convert("RGB"))
    except (OSError, ValueError, UnidentifiedImageError):
        return None
