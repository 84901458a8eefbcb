"""Names and bytes in the file storage. Names are ours, never the uploader's."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from forensics.exceptions import StorageError

if TYPE_CHECKING:
    from uuid import UUID

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


def delete_quietly(names: list[str]) -> None:
    """Remove files of an attempt that lost its lease; a leftover harms nothing."""
    for name in names:
        try:
            default_storage.delete(name)
        except Exception:  # each back end raises errors of its own libraries
            logger.warning("the leftover %s could not be deleted", name, exc_info=True)
