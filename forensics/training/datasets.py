"""Finds labelled pictures in a folder: CASIA's layout or authentic/ and tampered/."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from forensics.training.errors import DatasetError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".tif", ".tiff", ".bmp", ".png"})
_CLASS_FOLDERS = {
    "au": "authentic",
    "authentic": "authentic",
    "tp": "fake",
    "sp": "fake",
    "tampered": "fake",
}


class Label(StrEnum):
    """What a picture of a data set is."""

    FAKE = "fake"
    AUTHENTIC = "authentic"


@dataclass(frozen=True, slots=True)
class Sample:
    """One labelled picture on disk."""

    path: Path
    label: Label

    @property
    def name(self) -> str:
        """The file's name, which in CASIA tells its sources."""
        return self.path.name


def read_dataset(folder: Path) -> tuple[Sample, ...]:
    """List the pictures of a data set that has both classes.

    Parameters
    ----------
    folder : Path
        Holds ``Au`` and ``Tp`` (CASIA as published) or ``authentic`` and
        ``tampered``, in any case; other folders, such as masks, are left alone.

    Returns
    -------
    tuple of Sample
        Sorted by label and name, so that seeds mean the same on every machine.

    Raises
    ------
    DatasetError
        Where the folder, or one of the two classes, is missing.
    """
    samples = _class_samples(folder)
    missing = [label for label in Label if not any(s.label is label for s in samples)]
    if missing:
        raise DatasetError.missing_class(folder, missing[0])
    return samples


def read_any_dataset(folder: Path) -> tuple[Sample, ...]:
    """List a data set for evaluation; one without class folders is all untouched.

    Raises
    ------
    DatasetError
        Where the folder holds no picture.
    """
    samples = _class_samples(folder)
    if not samples:
        samples = tuple(Sample(p, Label.AUTHENTIC) for p in _pictures(folder))
    if not samples:
        raise DatasetError.empty(folder)
    return samples


def _class_samples(folder: Path) -> tuple[Sample, ...]:
    if not folder.is_dir():
        raise DatasetError.not_a_folder(folder)
    return tuple(
        Sample(path, label)
        for label, class_folder in sorted(_class_folders(folder))
        for path in _pictures(class_folder)
    )


def _class_folders(folder: Path) -> Iterator[tuple[Label, Path]]:
    for child in folder.iterdir():
        label = _CLASS_FOLDERS.get(child.name.lower())
        if label is not None and child.is_dir():
            yield Label(label), child


def _pictures(folder: Path) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in IMAGE_SUFFIXES and path.is_file()
    )
