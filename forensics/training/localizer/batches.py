"""Endless training batches, made by processes of their own beside the fitting."""

from __future__ import annotations

import multiprocessing
import queue
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from forensics.analysis.recompression import error_levels
from forensics.training.errors import DatasetError, TrainingError
from forensics.training.forgeries import (
    DEFAULT_KINDS,
    LEAST_VIEW,
    ForgeryGenerator,
    ForgeryKind,
)
from forensics.training.localizer.labelled import LabelledPictures

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from multiprocessing.queues import Queue
    from pathlib import Path

    from numpy.typing import NDArray

CELL = 8
ELA_QUALITY = 90
_GRID = 16
# A worker keeps to neighbouring indices: the generator keeps their sources decoded.
_RUN = 64
_QUEUED = 6
# Batches whose crops may be shown again.
_KEPT = 64
_BEAT, _PATIENCE = 10.0, 60
_DIED = (
    "The processes that make the training batches have ended or do not answer. What "
    "they said stands above; --resume goes on from the last checkpoint."
)
# An index that gives nothing is replaced by one far from all others.
_TRIES, _FAR = 5, 2**48
_CACHE_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Mixture:
    """What a run learns from.

    Attributes
    ----------
    photographs : tuple of Path
        Authentic pictures that forgeries are made from.
    labelled : tuple of Path
        Folders in CASIA's layout or with authentic/, tampered/ and masks/, whose own
        forgeries are learned as well.
    known : frozenset of str
        If not empty, only files of these names are used from ``labelled``.
    share : float
        Of the samples that come from ``labelled``, where there is any.
    least_view, developed
        As the generator takes them.
    kinds : mapping
        Relative frequency of each kind of forgery.
    """

    photographs: tuple[Path, ...]
    labelled: tuple[Path, ...] = ()
    known: frozenset[str] = frozenset()
    share: float = 0.5
    least_view: int = LEAST_VIEW
    developed: float = 0.0
    kinds: Mapping[ForgeryKind, float] = field(
        default_factory=lambda: dict(DEFAULT_KINDS)
    )


@dataclass(frozen=True, slots=True)
class Batch:
    """``pixels``, ``ela``: uint8 (n, s, s, 3); ``table``: uint8 (n, 64).

    ``mask``: float32 (n, s / 8, s / 8, 1), the share of each cell that is edited.
    """

    pixels: NDArray[np.uint8]
    ela: NDArray[np.uint8]
    table: NDArray[np.uint8]
    mask: NDArray[np.float32]

    def inputs(self) -> dict[str, NDArray[np.float32]]:
        """Return what the network takes."""
        return {
            "pixels": self.pixels.astype(np.float32),
            "ela": self.ela.astype(np.float32),
            "table": np.maximum(self.table, 1).astype(np.float32),
        }


@dataclass(frozen=True, slots=True)
class Example:
    """One picture: uint8 (height, width, 3), its mask, its table or None."""

    pixels: NDArray[np.uint8]
    mask: NDArray[np.bool_]
    table: NDArray[np.integer] | None


class Examples:
    """A deterministic stream of crops: a function of the seed and the index."""

    def __init__(self, mixture: Mixture, *, side: int, seed: int) -> None:
        self._side, self._seed, self._mixture = side, seed, mixture
        self._forgeries = ForgeryGenerator(
            mixture.photographs,
            side=(side, side * 2),
            seed=seed,
            kinds=mixture.kinds,
            untouched=0.4,
            cache_bytes=_CACHE_BYTES,
            least_view=mixture.least_view,
            developed=mixture.developed,
        )
        self._labelled = (
            LabelledPictures(mixture.labelled, known=mixture.known, seed=seed)
            if mixture.labelled
            else None
        )

    def example(self, index: int) -> Example:
        """Make one picture, uncropped; another where this index gives none.

        Raises
        ------
        DatasetError
            Where several in a row give none: the sources may all be flat.
        """
        for number in range(index, index + _TRIES * _FAR, _FAR):
            with suppress(DatasetError):
                return self._example(number)
        return self._example(index)

    def _example(self, index: int) -> Example:
        draw = np.random.default_rng([self._seed, 1, index])
        if self._labelled is not None and draw.random() < self._mixture.share:
            return Example(*self._labelled.make(index))
        made = self._forgeries.make(index)
        return Example(made.pixels, made.mask, made.table)

    def batch(self, indices: Sequence[int]) -> Batch:
        """Make a batch of crops."""
        rows = [self._crop(self.example(index), index) for index in indices]
        return Batch(*(np.stack(column) for column in zip(*rows, strict=True)))

    def _crop(
        self, example: Example, index: int
    ) -> tuple[
        NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32]
    ]:
        draw = np.random.default_rng([self._seed, 2, index])
        top, left = _corner(example.mask, self._side, draw)
        window = np.s_[top : top + self._side, left : left + self._side]
        pixels = _padded(example.pixels[window], self._side)
        mask = _padded(example.mask[window], self._side)
        levels = error_levels(Image.fromarray(pixels), ELA_QUALITY)
        table = np.ones(64) if example.table is None else example.table.ravel()
        cells = self._side // CELL
        shares = mask.reshape(cells, CELL, cells, CELL).mean(axis=(1, 3))
        return (
            pixels,
            np.asarray(levels, dtype=np.uint8),
            np.clip(table, 1, 255).astype(np.uint8),
            shares[..., None].astype(np.float32),
        )


@dataclass(frozen=True, slots=True)
class Flow:
    """What the batches of a run are: their mixture, crop side in px, size and seed."""

    mixture: Mixture
    side: int
    size: int
    seed: int


class Feed:
    """Batches in order of arrival from several processes; close it when done.

    Parameters
    ----------
    flow : Flow
        What to make.
    start : int
        Number of the first run of 64 examples; another one gives other examples.
    processes : int
        How many make them.
    """

    def __init__(self, flow: Flow, *, start: int, processes: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._queue: Queue[Batch] = context.Queue(_QUEUED)
        self._workers = [
            context.Process(
                target=_work,
                args=(self._queue, flow),
                kwargs={"first": start + number, "step": processes},
                daemon=True,
            )
            for number in range(processes)
        ]
        for worker in self._workers:
            worker.start()

    def __iter__(self) -> Iterator[Batch]:
        """Wait for batches, one after the other, without end.

        Raises
        ------
        TrainingError
            Where a process has died, or none answers for ten minutes.
        """
        while True:
            yield self._next()

    def _next(self) -> Batch:
        for _wait in range(_PATIENCE):
            try:
                return self._queue.get(timeout=_BEAT)
            except queue.Empty:
                if any(worker.exitcode is not None for worker in self._workers):
                    break
        raise TrainingError(_DIED)

    def close(self) -> None:
        """Stop the processes."""
        for worker in self._workers:
            worker.terminate()
            worker.join()
        self._queue.close()


def again(batches: Iterable[Batch], *, times: int, seed: int) -> Iterator[Batch]:
    """Show each batch, then its crops ``times`` - 1 times more among earlier ones.

    For a fast device that waits for the processes which make the crops. What is shown
    again is mirrored at random, left and right: a JPEG's grid of blocks stays its grid.
    """
    draw = np.random.default_rng([seed, 3])
    kept: deque[Batch] = deque(maxlen=_KEPT)
    for batch in batches:
        yield batch
        kept.append(batch)
        for _ in range(times - 1):
            yield _mixed(kept, draw)


def _mixed(kept: Sequence[Batch], draw: np.random.Generator) -> Batch:
    size = len(kept[0].table)
    chosen = [
        (kept[int(draw.integers(len(kept)))], int(draw.integers(size)))
        for _ in range(size)
    ]
    mirrored = draw.random(size) < 0.5

    def column(name: str) -> NDArray[Any]:
        rows = (getattr(batch, name)[row] for batch, row in chosen)
        turned = zip(rows, mirrored, strict=True)
        return np.stack([row[:, ::-1] if turn else row for row, turn in turned])

    table = np.stack([batch.table[row] for batch, row in chosen])
    return Batch(column("pixels"), column("ela"), table, column("mask"))


def _work(batches: Queue[Batch], flow: Flow, *, first: int, step: int) -> None:
    examples = Examples(flow.mixture, side=flow.side, seed=flow.seed)
    pending: list[int] = []
    for run in range(first, 2**40, step):
        pending += range(run * _RUN, (run + 1) * _RUN)
        while len(pending) >= flow.size:
            batches.put(examples.batch(pending[: flow.size]))
            del pending[: flow.size]


def _corner(
    mask: NDArray[np.bool_], side: int, draw: np.random.Generator
) -> tuple[int, int]:
    """Place the crop on the JPEG grid, three times in four around an edited spot."""
    limits = [max(0, length - side) // _GRID for length in mask.shape]
    edited = np.argwhere(mask) if draw.random() < 0.75 else np.empty((0, 2))
    if len(edited) == 0:
        return _on_grid([draw.integers(0, limit, endpoint=True) for limit in limits])
    spot = edited[draw.integers(len(edited))] - draw.integers(0, side, 2)
    return _on_grid(
        [
            min(max(0, int(place) // _GRID), limit)
            for place, limit in zip(spot, limits, strict=True)
        ]
    )


def _on_grid(steps: Sequence[int]) -> tuple[int, int]:
    return int(steps[0]) * _GRID, int(steps[1]) * _GRID


def _padded(array: NDArray, side: int) -> NDArray:  # type: ignore[type-arg]  # of any kind
    """Mirror what is smaller than a crop."""
    missing = [(0, side - length) for length in array.shape[:2]]
    missing += [(0, 0)] * (array.ndim - 2)
    if not any(after for _, after in missing):
        return array
    return np.pad(array, missing, mode="symmetric")
