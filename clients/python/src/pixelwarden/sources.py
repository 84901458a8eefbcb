"""Where the bytes of a picture come from: a path, bytes, or an open file."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import tempfile
import weakref
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, cast

from pixelwarden.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

Picture: TypeAlias = str | os.PathLike[str] | bytes | bytearray | BinaryIO
_IN_MEMORY = 1024 * 1024


class Source:
    """Bytes that can be read again for each try.

    Parameters
    ----------
    picture : path, bytes or binary file
        A text is a path. A file is read from where it stands; what cannot be rewound
        is copied first.
    filename : str, optional
        What the server calls it.
    """

    def __init__(self, picture: Picture, *, filename: str | None = None) -> None:
        self._path: Path | None = None
        self._file: BinaryIO | None = None
        if isinstance(picture, str | os.PathLike):
            self._path = Path(picture)
            self.size = self._path.stat().st_size
            name = self._path.name
        elif isinstance(picture, bytes | bytearray):
            self._file, self.size, name = io.BytesIO(picture), len(picture), "picture"
        elif hasattr(picture, "read"):
            self._file = self._rewindable(picture)
            self.size = self._file.seek(0, os.SEEK_END)
            name = Path(str(getattr(picture, "name", "picture"))).name
        else:
            raise ConfigurationError(
                "Expected a path, bytes or a file opened in binary mode."
                f" Received {type(picture).__name__}."
            )
        self.filename = filename or name

    @contextmanager
    def opened(self) -> Iterator[BinaryIO]:
        """Give a file that stands at the beginning."""
        if self._file is not None:
            self._file.seek(0)
            yield self._file
        else:
            assert self._path is not None  # noqa: S101  # one of both is there
            with self._path.open("rb") as file:
                yield file

    def sha256(self) -> str:
        """Read all of it."""
        digest = hashlib.sha256()
        with self.opened() as file:
            while chunk := file.read(_IN_MEMORY):
                digest.update(chunk)
        return digest.hexdigest()

    def beginning(self, count: int) -> bytes:
        """Return the first bytes."""
        with self.opened() as file:
            return file.read(count)

    def _rewindable(self, file: BinaryIO) -> BinaryIO:
        if file.seekable() and file.tell() == 0:
            return file
        # Closed with the last use of this source, which may be a try of long after.
        copy = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115
        weakref.finalize(self, copy.close)
        shutil.copyfileobj(file, copy)
        return cast("BinaryIO", copy)
