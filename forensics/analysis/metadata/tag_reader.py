"""The border to a program that reads more tags than this package does.

The analysis stays pure: it takes a reader from its caller, and works without one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from forensics.analysis.types import ForensicsError


class TagReaderError(ForensicsError):
    """The reader gave no answer about this file; its words are for people."""


class TagReaderMissingError(TagReaderError):
    """The reader is not installed, or too old to be let near strangers' files."""


@dataclass(frozen=True, slots=True)
class TagAnswer:
    """What ExifTool printed about one file: bytes that no one has looked at yet.

    Attributes
    ----------
    version : str
        Of the program, so that a result can be reproduced.
    tags : bytes
        JSON of ``-json -long -struct -groupNames:0:1:2:4``.
    previews : bytes
        The same with ``-binary``, of the pictures inside the file; empty where
        ``tags`` names none.
    """

    version: str
    tags: bytes = field(repr=False)
    previews: bytes = field(default=b"", repr=False)


class TagReader(Protocol):
    """Reads the tags of one file after the other."""

    @property
    def version(self) -> str:
        """Version of the program; empty until it has answered once."""
        ...

    def read(self, data: bytes) -> TagAnswer:
        """Ask about one file.

        Raises
        ------
        TagReaderError
            There is no answer, and why.
        """
        ...
