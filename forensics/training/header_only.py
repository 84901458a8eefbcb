"""The leak to beat: guess the class from the file's header, without one pixel."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from PIL import Image

from forensics.training.datasets import Label, Sample

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

Key: TypeAlias = tuple[object, ...]


def header_key(path: Path) -> Key:
    """Return the format and the JPEG quantization tables, read without decoding."""
    with Image.open(path) as image:
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


def _share(seen: Counter[tuple[Key, Label]], key: Key) -> float:
    fakes, others = seen[key, Label.FAKE], seen[key, Label.AUTHENTIC]
    return (fakes + 1) / (fakes + others + 2)
