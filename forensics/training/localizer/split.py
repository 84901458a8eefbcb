"""Which photographs are learned from, watched by, and kept for the test: by camera."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from forensics.training.datasets import IMAGE_SUFFIXES
from forensics.training.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

_NUMBERS = re.compile(r"[_\d]+$")


@dataclass(frozen=True, slots=True)
class Split:
    """Photographs to learn from, to watch and calibrate by, and to test on."""

    learn: tuple[Path, ...]
    check: tuple[Path, ...]
    test: tuple[Path, ...]


def camera(name: str) -> str:
    """Name the group a photograph belongs to.

    ``album__Canon_EOS_20D_2_.jpg`` is of group ``Canon_EOS_20D``: what precedes the
    double underscore and the numbers at the end are left out.
    """
    stem = PurePath(name).stem.split("__", 1)[-1]
    return _NUMBERS.sub("", stem) or stem


def split_photographs(folders: Iterable[Path]) -> Split:
    """Split by camera: a third for the test, a sixth to watch by, half to learn from.

    A hash of the camera's name decides, so that a photograph's part never changes
    when others are added.

    Raises
    ------
    DatasetError
        Where a folder, or a part of the split, holds no picture.
    """
    parts: dict[str, list[Path]] = {"learn": [], "check": [], "test": []}
    for folder in folders:
        for path in _pictures(folder):
            parts[part_of(path.name)].append(path)
    missing = [part for part, paths in parts.items() if not paths]
    if missing:
        detail = f"No photograph falls to the part '{missing[0]}'. Give more of them."
        raise DatasetError(detail)
    return Split(**{part: tuple(paths) for part, paths in parts.items()})


def part_of(name: str) -> str:
    """Return ``learn``, ``check`` or ``test``."""
    number = zlib.crc32(camera(name).encode(errors="replace"))
    if number % 3 == 0:
        return "test"
    return "check" if number // 3 % 4 == 0 else "learn"


def _pictures(folder: Path) -> Sequence[Path]:
    if not folder.is_dir():
        raise DatasetError.not_a_folder(folder)
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in IMAGE_SUFFIXES)
