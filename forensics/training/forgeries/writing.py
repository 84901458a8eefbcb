"""Writes forgeries as a data set: authentic/, tampered/, masks/ and a manifest."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from PIL import Image

from forensics.training.errors import DatasetError
from forensics.training.forgeries.kinds import Forgery, ForgeryKind
from forensics.training.progress import Progress, silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forensics.training.forgeries.generator import ForgeryGenerator

MANIFEST_NAME = "manifest.jsonl"
_BLOCK = 64
Skipped: TypeAlias = dict[Path, str]


def write_set(
    generator: ForgeryGenerator,
    folder: Path,
    *,
    count: int,
    processes: int = 1,
    progress: Progress = silent,
) -> Skipped:
    """Write the samples 0 to ``count`` - 1.

    Parameters
    ----------
    generator : ForgeryGenerator
        Makes them.
    folder : Path
        New or empty. Gets ``authentic/``, ``tampered/``, ``masks/`` (PNG with 255
        where edited, named as the picture) and ``manifest.jsonl`` with one object a
        picture: file, kind, mask, history, sources, size and share edited.
    count : int
        How many, at least 1.
    processes : int
        Processes to share the work; the files are the same for any number.
    progress : Progress
        Shows how far it is.

    Returns
    -------
    dict of Path to str
        Sources that could not be used, and why.

    Raises
    ------
    DatasetError
        Where the folder holds something, or no source can be used.
    """
    if count < 1 or processes < 1:
        raise ValueError(
            f"Expected count and processes of 1 or more, received {count}, {processes}."
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DatasetError(f"{folder} is not empty. Give a new folder.")
    for name in ("authentic", "tampered", "masks"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    blocks = [
        range(first, min(first + _BLOCK, count)) for first in range(0, count, _BLOCK)
    ]
    skipped: Skipped = {}
    done = _blocks(generator, folder, blocks, processes)
    with (folder / MANIFEST_NAME).open("x", encoding="utf-8") as manifest:
        for lines, bad in progress(done, total=len(blocks), label="forgeries"):
            manifest.writelines(lines)
            skipped.update(bad)
    return skipped


def _blocks(
    generator: ForgeryGenerator, folder: Path, blocks: list[range], processes: int
) -> Iterator[tuple[list[str], Skipped]]:
    if processes == 1:
        yield from (_write_block(generator, folder, block) for block in blocks)
        return
    with ProcessPoolExecutor(
        min(processes, len(blocks)),
        mp_context=get_context("spawn"),
        initializer=_Worker.start,
        initargs=(generator, folder),
    ) as pool:
        yield from pool.map(_Worker.write, blocks)


class _Worker:
    """One process's generator, kept so that its decoded sources are."""

    write_block: partial[tuple[list[str], Skipped]]

    @classmethod
    def start(cls, generator: ForgeryGenerator, folder: Path) -> None:
        cls.write_block = partial(_write_block, generator, folder)

    @classmethod
    def write(cls, block: range) -> tuple[list[str], Skipped]:
        return cls.write_block(block)


def _write_block(
    generator: ForgeryGenerator, folder: Path, block: range
) -> tuple[list[str], Skipped]:
    lines = [_write(generator.make(index), folder, index) for index in block]
    return lines, generator.skipped


def _write(forgery: Forgery, folder: Path, index: int) -> str:
    """Write one picture and its mask; return its line of the manifest."""
    untouched = forgery.kind is ForgeryKind.UNTOUCHED
    stem = f"{index:06d}_{forgery.kind}"
    suffix = ".png" if forgery.table is None else ".jpg"
    file = f"{'authentic' if untouched else 'tampered'}/{stem}{suffix}"
    (folder / file).write_bytes(forgery.data)
    entry = {
        "file": file,
        "kind": str(forgery.kind),
        "mask": None if untouched else f"masks/{stem}.png",
        "width": forgery.pixels.shape[1],
        "height": forgery.pixels.shape[0],
        "edited": round(float(forgery.mask.mean()), 5),
        "sources": list(forgery.sources),
        "history": list(forgery.history),
    }
    if not untouched:
        mask = Image.fromarray(forgery.mask.astype(np.uint8) * 255)
        mask.save(folder / "masks" / f"{stem}.png", optimize=True)
    return json.dumps(entry, ensure_ascii=False) + "\n"
