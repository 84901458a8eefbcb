"""Network inputs of a whole data set, computed once and kept on disk as bytes."""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import PIL
from PIL import features

from forensics.analysis.image import load_evidence
from forensics.analysis.network import (
    ELA_QUALITY,
    INPUT_SHAPE,
    INPUT_SIDE,
    network_pixels,
)
from forensics.analysis.recompression import error_levels
from forensics.analysis.types import ImageRejectedError, Limits
from forensics.training.errors import DatasetError
from forensics.training.hashing import perceptual_hash

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from PIL import Image

    from forensics.training.datasets import Sample
    from forensics.training.progress import Progress

    Reencode = Callable[[Image.Image, str], Image.Image]

_TOLERATED_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Inputs:
    """The readable samples with their network inputs and perceptual hashes.

    ``pixels`` is a read-only memory map of uint8, shape (n, 128, 128, 3).
    """

    samples: tuple[Sample, ...]
    pixels: NDArray[np.uint8]
    hashes: NDArray[np.uint64]
    refused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Protocol:
    """A way of re-encoding every picture before it is analyzed.

    ``kind`` names it in reports; ``name`` also tells its draw apart from others.
    """

    kind: str
    name: str
    reencode: Reencode


def prepare_inputs(
    samples: Sequence[Sample], folder: Path, *, protocol: Protocol, progress: Progress
) -> Inputs:
    """Compute the inputs of all samples, or take them from an earlier run.

    Parameters
    ----------
    samples : sequence of Sample
        The pictures.
    folder : Path
        Work folder; one file a data set and protocol, 49,152 bytes a picture.
    protocol : Protocol
        What happens to the decoded pixels first.
    progress : Progress
        Shows the pictures as they are done.

    Raises
    ------
    DatasetError
        Where more than one picture in twenty cannot be decoded.
    """
    folder.mkdir(parents=True, exist_ok=True)
    stem = f"inputs-{protocol.name}-{_fingerprint(samples)[:16]}"
    array, notes = folder / f"{stem}.npy", folder / f"{stem}.json"
    if not notes.exists():
        _compute(samples, array, notes, protocol=protocol, progress=progress)
    return _load(samples, array, notes)


def _fingerprint(samples: Sequence[Sample]) -> str:
    """Identify files, preprocessing and the codec that did it."""
    codec = features.version("libjpeg_turbo")
    parts = [f"ela{ELA_QUALITY} side{INPUT_SIDE} {PIL.__version__} {codec}"]
    for sample in samples:
        status = sample.path.stat()
        parts.append(f"{sample.label}/{sample.name} {status.st_size}")
    return hashlib.sha256("\n".join(parts).encode(errors="replace")).hexdigest()


def _compute(
    samples: Sequence[Sample],
    array: Path,
    notes: Path,
    *,
    protocol: Protocol,
    progress: Progress,
) -> None:
    part = array.with_suffix(".npy.part")
    pixels = np.lib.format.open_memmap(
        part, mode="w+", dtype=np.uint8, shape=(len(samples), *INPUT_SHAPE)
    )
    hashes: list[int | None] = []
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        results = pool.map(lambda sample: _input_of(sample, protocol), samples)
        shown = progress(results, total=len(samples), label=f"inputs, {protocol.name}")
        for index, result in enumerate(shown):
            if result is not None:
                pixels[index] = result[0]
            hashes.append(None if result is None else result[1])
    pixels.flush()
    _refuse_if_mostly_bad(hashes)
    part.replace(array)
    notes_part = notes.with_suffix(".json.part")
    notes_part.write_text(json.dumps(hashes), encoding="utf-8")
    notes_part.replace(notes)


def _input_of(
    sample: Sample, protocol: Protocol
) -> tuple[NDArray[np.uint8], int] | None:
    try:
        pixels = read_pixels(sample.path)
    except ImageRejectedError:
        return None
    seen = protocol.reencode(pixels, sample.name)
    levels = error_levels(seen, ELA_QUALITY)
    return network_pixels(levels), perceptual_hash(pixels)


def read_pixels(path: Path) -> Image.Image:
    """Decode one picture as the analysis does."""
    return load_evidence(path.read_bytes(), Limits()).pixels


def _refuse_if_mostly_bad(hashes: Sequence[int | None]) -> None:
    bad = sum(value is None for value in hashes)
    if bad > _TOLERATED_SHARE * len(hashes):
        raise DatasetError.mostly_unreadable(bad, len(hashes))


def _load(samples: Sequence[Sample], array: Path, notes: Path) -> Inputs:
    hashes = json.loads(notes.read_text(encoding="utf-8"))
    good = [index for index, value in enumerate(hashes) if value is not None]
    pixels = np.load(array, mmap_mode="r")
    refused = set(range(len(hashes))) - set(good)
    return Inputs(
        samples=tuple(samples[index] for index in good),
        pixels=pixels if len(good) == len(hashes) else pixels[good],
        hashes=np.array([hashes[index] for index in good], dtype=np.uint64),
        refused=tuple(samples[index].name for index in sorted(refused)),
    )
