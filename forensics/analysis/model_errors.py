"""What can be wrong with a stored model, each kind with its own remedy."""

from __future__ import annotations

from forensics.analysis.types import ForensicsError


class ModelError(ForensicsError):
    """Root of the store's errors."""


class ModelMissingError(ModelError):
    """There is no such model, version or file."""


class ModelCorruptError(ModelError):
    """The bytes are not the ones the manifest pins, or the manifest is broken."""


class ModelIncompatibleError(ModelError):
    """Sound, but not of the schema, name, input or architecture expected here."""


class ModelExistsError(ModelError):
    """The version to be written is already there."""
