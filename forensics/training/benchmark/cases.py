"""What is measured: labelled pictures with their kind of forgery and their mask."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from forensics.training.datasets import (
    IMAGE_SUFFIXES,
    Label,
    Sample,
    read_any_dataset,
)
from forensics.training.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

UNTOUCHED = "untouched"
UNKNOWN_FORGERY = "tampered"
MANIFEST_NAME = "manifest.jsonl"
_MAX_MANIFEST_BYTES = 256 * 1024 * 1024
_CASIA_KIND = re.compile(r"^(?:tp|sp)_([sd])_", re.IGNORECASE)
_CASIA_KINDS = {"s": "copy_move", "d": "splice"}
_MASK_FOLDER = re.compile(r"(masks?|gt|.*ground ?truth)", re.IGNORECASE)
_MASK_ENDING = re.compile(r"_(gt|mask)$", re.IGNORECASE)
_FILE_FIELDS = ("name", "file", "path", "tampered", "image")
_SOURCE_FIELDS = ("sources", "source", "donor", "donors")


@dataclass(frozen=True, slots=True)
class Case:
    """One picture to measure on.

    Attributes
    ----------
    set_name : str
        The data set's name in reports.
    file : str
        Path inside the data set's folder; tells equal names apart.
    kind : str
        Kind of forgery, ``untouched`` for authentic pictures.
    mask : Path or None
        Picture of the forged region, where there is one.
    sources : tuple of str
        File names it was made from, as far as a forgery generator noted them.
    """

    set_name: str
    sample: Sample
    file: str
    kind: str
    mask: Path | None
    sources: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The file's name."""
        return self.sample.name

    @property
    def is_fake(self) -> bool:
        """Whether it is labelled as tampered with."""
        return self.sample.label is Label.FAKE


@dataclass(frozen=True, slots=True)
class _Note:
    kind: str | None
    sources: tuple[str, ...]


def read_cases(set_name: str, folder: Path) -> tuple[Case, ...]:
    """List a data set's pictures.

    Kinds come from CASIA's names or from a ``manifest.jsonl`` in the folder; masks
    have their picture's stem, or that and ``_gt`` or ``_mask``, and lie in a folder
    ``masks`` or one named ``... groundtruth``.

    Raises
    ------
    DatasetError
        Where the folder holds no picture, or its manifest cannot be read.
    """
    samples = read_any_dataset(folder)
    masks, notes = _masks(folder), _notes(folder / MANIFEST_NAME)
    return tuple(_case(set_name, folder, s, masks, notes) for s in samples)


def _case(
    set_name: str,
    folder: Path,
    sample: Sample,
    masks: Mapping[str, Path],
    notes: Mapping[str, _Note],
) -> Case:
    is_fake = sample.label is Label.FAKE
    file = sample.path.relative_to(folder).as_posix()
    note = notes.get(file) or notes.get(sample.name) or _Note(None, ())
    return Case(
        set_name=set_name,
        sample=sample,
        file=file,
        kind=note.kind or forgery_kind(sample.name) if is_fake else UNTOUCHED,
        mask=masks.get(sample.path.stem.lower()) if is_fake else None,
        sources=note.sources,
    )


def forgery_kind(name: str) -> str:
    """Tell the kind of forgery from a CASIA name; ``tampered`` where it does not."""
    match = _CASIA_KIND.match(name)
    return _CASIA_KINDS[match[1].lower()] if match else UNKNOWN_FORGERY


def sampled(cases: Sequence[Case], size: int | None, *, seed: int) -> tuple[Case, ...]:
    """Draw a number of cases, half of each class where there are enough.

    A larger sample of one seed contains the smaller one.
    """
    if size is None or size >= len(cases):
        return tuple(cases)
    ranked = sorted(cases, key=lambda case: _lot(case, seed))
    fakes = [case for case in ranked if case.is_fake]
    others = [case for case in ranked if not case.is_fake]
    share = min(len(fakes), max(size // 2, size - len(others)))
    chosen = {case.file for case in (*fakes[:share], *others[: size - share])}
    return tuple(case for case in cases if case.file in chosen)


def _lot(case: Case, seed: int) -> bytes:
    text = f"{seed} {case.file}"
    return hashlib.sha256(text.encode(errors="replace")).digest()


def _masks(folder: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(_mask_files(folder)):
        stem = path.stem.lower()
        # A mask with exactly the picture's stem goes before one with an ending.
        found.setdefault(_MASK_ENDING.sub("", stem), path)
        if _MASK_ENDING.search(stem) is None:
            found[stem] = path
    return found


def _mask_files(folder: Path) -> Iterator[Path]:
    for child in folder.iterdir():
        name = re.sub(r"[_.\-]", " ", child.name)
        if child.is_dir() and _MASK_FOLDER.fullmatch(name):
            yield from (
                path
                for path in child.rglob("*")
                if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()
            )


def _notes(manifest: Path) -> dict[str, _Note]:
    if not manifest.is_file():
        return {}
    if manifest.stat().st_size > _MAX_MANIFEST_BYTES:
        raise DatasetError(f"{manifest} is over {_MAX_MANIFEST_BYTES} bytes.")
    notes = {}
    with manifest.open(encoding="utf-8", errors="replace") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                file, note = _note(line, where=f"{manifest}, line {number}")
                notes[file] = note
    return notes


def _note(line: str, *, where: str) -> tuple[str, _Note]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{where} is not JSON.") from error
    if not isinstance(entry, dict):
        raise DatasetError(f"{where}: Expected an object.")
    names = (entry.get(field) for field in _FILE_FIELDS)
    file = next((name for name in names if isinstance(name, str) and name), None)
    if file is None:
        raise DatasetError(f"{where}: Expected a file's name under 'name' or 'file'.")
    kind = entry.get("kind")
    return file, _Note(kind if isinstance(kind, str) else None, _sources(entry))


def _sources(entry: Mapping[str, Any]) -> tuple[str, ...]:
    found: list[str] = []
    for field in _SOURCE_FIELDS:
        value = entry.get(field)
        values = value if isinstance(value, list) else [value]
        found += [PurePosixPath(v).name for v in values if isinstance(v, str)]
    return tuple(dict.fromkeys(found))
