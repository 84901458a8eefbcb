"""What can go wrong in this app, as one small tree."""

from forensics.analysis.types import ForensicsError


class StorageError(ForensicsError):
    """The file storage did not take or give a file."""


class LeaseLostError(ForensicsError):
    """Another worker was given the analysis meanwhile."""
