"""Names and bytes in the file storage. Names are ours, never the uploader's."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile, File
from django.core.files.storage import default_storage

from forensics.exceptions import StorageError

if TYPE_CHECKING:
    from typing import IO
    from uuid import UUID

    from django.core.files.storage import Storage

    from forensics.analysis.types import EvidenceImage

logger = logging.getLogger(__name__)

EXTENSIONS = {"image/png": "png", "image/webp": "webp", "image/jpeg": "jpg"}


def original_name(sha256: str, extension: str) -> str:
    """Return where an original lies: by content, in 65,536 folders."""
    return f"originals/{sha256[:2]}/{sha256[2:4]}/{sha256}{extension}"


def evidence_name(analysis_id: UUID, attempt: UUID, image: EvidenceImage) -> str:
    """Return where an evidence picture lies; each attempt writes names of its own."""
    extension = EXTENSIONS[image.media_type]
    return f"evidence/{analysis_id}/{attempt.hex[:8]}-{image.kind}.{extension}"


def tiles_name(pyramid_id: UUID, attempt: int) -> str:
    """Return where a file of tiles lies; each attempt writes a name of its own."""
    return f"tiles/{pyramid_id.hex[-2:]}/{pyramid_id}-{attempt}.tiles"


def store_file(name: str, file: IO[bytes]) -> None:
    """Store a file that is open for reading, part by part.

    Raises
    ------
    StorageError
        The storage refused, or is full or out of reach.
    """
    try:
        file.seek(0)
        default_storage.save(name, File(file))
    except Exception as error:  # each back end raises errors of its own libraries
        raise StorageError(f"The file storage did not take {name}: {error}") from error


def store_once(name: str, data: bytes) -> None:
    """Make sure that ``name`` holds ``data`` when this returns.

    Every storage of ours shows a name with the whole file or not at all, and replaces
    in one step, so several may store the same at once. A file of another size (an
    older release could leave half of one after a crash) is replaced.

    Raises
    ------
    StorageError
        The storage refused, or is full or out of reach.
    """
    try:
        if default_storage.exists(name) and default_storage.size(name) == len(data):
            return
        default_storage.save(name, ContentFile(data))
    except Exception as error:  # each back end raises errors of its own libraries
        raise StorageError(f"The file storage did not take {name}: {error}") from error


def read_bytes(name: str) -> bytes:
    """Return the whole file.

    Raises
    ------
    StorageError
        It is not there, or the storage is out of reach.
    """
    try:
        with default_storage.open(name, "rb") as file:
            return bytes(file.read())
    except Exception as error:  # each back end raises errors of its own libraries
        raise StorageError(f"The file storage did not give {name}: {error}") from error


def read_head(name: str, size: int) -> bytes:
    """Return the first ``size`` bytes of a file.

    Raises
    ------
    StorageError
        It is not there, or the storage is out of reach.
    """
    try:
        with default_storage.open(name, "rb") as file:
            return bytes(file.read(size))
    except Exception as error:  # each back end raises errors of its own libraries
        raise StorageError(f"The file storage did not give {name}: {error}") from error


def read_range(name: str, start: int, size: int) -> bytes:
    """Return ``size`` bytes of a file from ``start`` on, and fetch no others.

    Raises
    ------
    StorageError
        It is not there, is shorter, or the storage is out of reach.
    """
    try:
        data = _range_from(default_storage, name, start, size)
    except Exception as error:  # each back end raises errors of its own libraries
        raise StorageError(f"The file storage did not give {name}: {error}") from error
    if len(data) != size:
        raise StorageError(f"{name} is shorter than it was when it was stored.")
    return data


def _range_from(storage: Storage, name: str, start: int, size: int) -> bytes:
    with storage.open(name, "rb") as file:
        stored_object = getattr(file, "obj", None)
        if stored_object is not None:  # S3: reading the file would fetch all of it
            wanted = f"bytes={start}-{start + size - 1}"
            return bytes(stored_object.get(Range=wanted)["Body"].read())
        file.seek(start)
        return bytes(file.read(size))


def delete_file(name: str) -> None:
    """Remove a file, if it is there.

    Raises
    ------
    StorageError
        The storage did not do it.
    """
    try:
        default_storage.delete(name)
    except Exception as error:  # each back end raises errors of its own libraries
        raise StorageError(f"The file storage did not delete: {error}") from error


def delete_quietly(names: list[str]) -> None:
    """Remove files of an attempt that lost its lease; a leftover harms nothing."""
    for name in names:
        try:
            default_storage.delete(name)
        except Exception:  # each back end raises errors of its own libraries
            logger.warning("the leftover %s could not be deleted", name, exc_info=True)
