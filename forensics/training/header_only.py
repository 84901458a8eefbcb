"""The leak to beat: guess the class from the file's header, without one pixel."""

from __future__ import annotations

import hashlib
import io
from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from PIL import Image

from forensics.training.datasets import Label, Sample

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

Key: TypeAlias = tuple[object, ...]
# What this baseline is called in results.
HEADER_ONLY = "header_only"


def header_key(path: Path) -> Key:
    """Return the format and the JPEG quantization tables, read without decoding."""
    with Image.open(path) as image:
        return _key_of(image)


def header_digest(data: bytes, media_type: str) -> str:
    """Return a short name of a file's format and JPEG quantization tables.

    Parameters
    ----------
    data : bytes
        The file.
    media_type : str
        What the analysis found it to be; tables are read from JPEG only.
    """
    if media_type != "image/jpeg":
        return media_type
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
            key = _key_of(image)
    except (OSError, SyntaxError, ValueError):
        return "unreadable"
    return hashlib.sha256(repr(key).encode()).hexdigest()[:16]


def _key_of(image: Image.Image) -> Key:
    tables = getattr(image, "quantization", {})
    rows = tuple((number, tuple(table)) for number, table in sorted(tables.items()))
    return (image.format, *rows)


def table_scores(
    known: Sequence[Sample], asked: Sequence[Sample]
) -> NDArray[np.float64]:
    """Score files by how often their header was a fake's among the known ones.

    Parameters
    ----------
    known : sequence of Sample
        Where the shares are learned.
    asked : sequence of Sample
        The files to score, none of them among ``known``.

    Returns
    -------
    ndarray of float64, shape (len(asked),)
        Smoothed share of fakes; one half for a header never seen.
    """
    seen = Counter((header_key(sample.path), sample.label) for sample in known)
    return np.array([_share(seen, header_key(sample.path)) for sample in asked])


def cross_scores(samples: Sequence[Sample], *, seed: int) -> NDArray[np.float64]:
    """Score a set by itself: each half by the headers of the other."""
    order = np.random.default_rng(seed).permutation(len(samples))
    scores = np.empty(len(samples))
    halves = np.array_split(order, 2)
    for asked, known in (halves, halves[::-1]):
        scores[asked] = table_scores(
            [samples[i] for i in known], [samples[i] for i in asked]
        )
    return scores


def cross_group_scores(
    headers: Sequence[Hashable],
    fake: NDArray[np.bool_],
    groups: Sequence[Hashable],
    *,
    seed: int,
) -> NDArray[np.float64]:
    """Score a set by itself, each half of its source groups by the other's headers.

    Parameters
    ----------
    headers : sequence, length n
        What each file's header says, e.g. from `header_digest`.
    fake : ndarray of bool, shape (n,)
        The classes.
    groups : sequence, length n
        Files of one group stay in one half.
    seed : int
        Deals the groups to the halves.

    Returns
    -------
    ndarray of float64, shape (n,)
        Smoothed share of fakes at an even prior; one half for a header never seen.
    """
    members = sorted(set(groups), key=repr)
    order = np.random.default_rng(seed).permutation(len(members))
    half_of = {members[i]: rank % 2 for rank, i in enumerate(order)}
    half = [half_of[group] for group in groups]
    seen: tuple[dict[bool, Counter[Hashable]], ...] = (
        {True: Counter(), False: Counter()},
        {True: Counter(), False: Counter()},
    )
    for header, own, is_fake in zip(headers, half, fake.tolist(), strict=True):
        seen[own][is_fake][header] += 1
    # A file is scored by the half it is not in.
    return np.array(
        [
            _balanced_share(seen[1 - own][True], seen[1 - own][False], header)
            for header, own in zip(headers, half, strict=True)
        ]
    )


def _balanced_share(
    fakes: Counter[Hashable], others: Counter[Hashable], key: Hashable
) -> float:
    """Weigh both classes the same: how many of each a half got says nothing."""
    if not (fakes[key] or others[key]):
        return 0.5
    of_fakes = (fakes[key] + 1) / (fakes.total() + 1)
    of_others = (others[key] + 1) / (others.total() + 1)
    return of_fakes / (of_fakes + of_others)


def _share(seen: Counter[tuple[Key, Label]], key: Key) -> float:
    return _smoothed(seen[key, Label.FAKE], seen[key, Label.AUTHENTIC])


def _smoothed(fakes: int, others: int) -> float:
    return (fakes + 1) / (fakes + others + 2)
