"""Local disk as a file storage on which a name holds all of a file, or nothing."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.core.files.storage import FileSystemStorage
from django.utils._os import safe_makedirs

if TYPE_CHECKING:
    from typing import IO

    from django.core.files import File

UNFINISHED = "unfinished"
SUFFIX = ".part"
# Nobody writes one file for so long: whoever began it is dead.
ABANDONED_AFTER_SECONDS = 3600
NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW


class WholeFileStorage(FileSystemStorage):
    """Write beside, make durable, then rename: S3's promise, kept on a local disk.

    A file appears under its name complete or not at all, whenever the process dies
    and however many write it at once. The name that was asked for is the name it gets;
    what was there is replaced in one step. Unfinished files lie in a folder of their
    own, which must be on the same file system as the rest; those that a dead process
    left there are removed by later writes.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, allow_overwrite=True)
        self._durable: set[Path] = set()

    def _save(self, name: str, content: File[Any]) -> str:
        target = Path(self.path(name))
        part = Path(self.path(UNFINISHED)) / f"{uuid4().hex}{SUFFIX}"
        self._make_folder(target.parent)
        self._make_folder(part.parent)
        _remove_abandoned(part.parent)
        try:
            self._write(part, content)
            part.replace(target)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        self._make_name_durable(target)
        return target.relative_to(self.location).as_posix()

    def _make_folder(self, folder: Path) -> None:
        mode = self.directory_permissions_mode
        # Unlike os.makedirs, this gives the folders in between the mode as well.
        safe_makedirs(folder, 0o777 if mode is None else mode, exist_ok=True)

    def _write(self, part: Path, content: File[Any]) -> None:
        descriptor = os.open(part, NEW_FILE, 0o666)
        with os.fdopen(descriptor, "wb") as file:
            _copy(content, file)
            if self.file_permissions_mode is not None:
                os.fchmod(descriptor, self.file_permissions_mode)
            file.flush()
            os.fsync(descriptor)
        self._ensure_location_group_id(  # type: ignore[attr-defined]  # Not in stubs.
            str(part)
        )

    def _make_name_durable(self, target: Path) -> None:
        """Bring the entries of the folders down to ``target`` to the disk as well.

        A folder that this process has done so for before stays where it is: nobody
        removes or renames folders of originals.
        """
        depth = len(target.relative_to(self.location).parts)
        entry = target
        for folder in list(target.parents)[:depth]:
            if entry in self._durable:
                break
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            entry = folder
        # From the top: a folder is known only once all above it are.
        self._durable.update(list(target.parents)[: depth - 1])


def _copy(content: File[Any], file: IO[bytes]) -> None:
    for chunk in content.chunks():
        file.write(chunk.encode() if isinstance(chunk, str) else chunk)


def _remove_abandoned(folder: Path) -> None:
    """Remove what dead processes left; others may be at it at the same moment."""
    oldest = time.time() - ABANDONED_AFTER_SECONDS
    for part in folder.glob(f"*{SUFFIX}"):
        try:
            if part.stat().st_mtime < oldest:
                part.unlink()
        except FileNotFoundError:
            continue
