"""Files of a folder for a mass import: listed lazily, read without following traps."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from forensics.analysis.types import ImageRejectedError, RejectionCode

if TYPE_CHECKING:
    from collections.abc import Iterator


def files_below(folder: Path, *, is_recursive: bool) -> Iterator[Path]:
    """Yield plain files in the order of their names; links and devices are left out.

    Raises
    ------
    OSError
        The folder itself cannot be read. A folder below it is left out instead.
    """
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_file(follow_symlinks=False):
            yield Path(entry.path)
        elif is_recursive and entry.is_dir(follow_symlinks=False):
            try:
                yield from files_below(Path(entry.path), is_recursive=True)
            except PermissionError:
                continue


def read_plain_file(path: Path, *, max_bytes: int) -> bytes:
    """Return the bytes of a plain file, or of a larger one ``max_bytes`` and one more.

    The intake refuses what is larger, here as in an upload that was cut off.

    Raises
    ------
    ImageRejectedError
        It is not a plain file, or cannot be read.
    """
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK  # never wait for a pipe
    try:
        with os.fdopen(os.open(path, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise _unreadable("It is not a plain file.")
            return file.read(max_bytes + 1)
    except OSError as error:
        reason = error.strerror or "it cannot be read"
        raise _unreadable(f"The file cannot be read: {reason}.") from error


def _unreadable(detail: str) -> ImageRejectedError:
    return ImageRejectedError(RejectionCode.UNREADABLE, detail)
