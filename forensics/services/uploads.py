"""Uploads past this server: a ticket, the file, and the report that it is there."""

from __future__ import annotations

import hashlib
import logging
import re
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.signing import BadSignature, Signer
from django.utils import timezone
from uuid6 import uuid7

from forensics.analysis.types import ImageRejectedError
from forensics.exceptions import SendingError, StorageError
from forensics.files import delete_file, delete_quietly, read_bytes, store_file
from forensics.models import Door, Upload, UploadStatus
from forensics.sending import Said
from forensics.services.intake import (
    Receipt,
    clean_name,
    refuse_too_many_bytes,
    submit_image,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.core.files.uploadedfile import UploadedFile

    from accounts.models import User

logger = logging.getLogger(__name__)

VALID_FOR = timedelta(hours=1)
# A file that was on its way when the time was up still arrives.
GRACE = timedelta(minutes=15)
KEPT_FOR = timedelta(days=7)
PRUNED_AT_ONCE = 200
_SHA256 = re.compile("[0-9a-f]{64}")
_signer = Signer(salt="forensics.upload")


class _TakenMeanwhileError(Exception):
    """Somebody else reported the same upload in this moment."""


def begin_upload(
    *, byte_size: int, sha256: str, original_name: str, said: Said, sent_by: User
) -> Upload:
    """Make a row for a file that is to come.

    Raises
    ------
    ImageRejectedError
        It is announced as larger than is accepted.
    ValidationError
        The hash is none.
    """
    refuse_too_many_bytes(byte_size)
    if not _SHA256.fullmatch(sha256):
        raise ValidationError({"sha256": "Expected 64 hexadecimal digits, small."})
    key = uuid7()
    upload = Upload(
        id=key,
        organization=sent_by.organization,
        sent_by=sent_by,
        byte_size=byte_size,
        sha256=sha256,
        original_name=clean_name(original_name),
        external_id=said.external_id,
        context=dict(said.context),
        stored_name=f"uploads/{key.hex[-2:]}/{key}",
        expires_at=timezone.now() + VALID_FOR,
    )
    upload.full_clean()
    upload.save()
    return upload


def signature_of(upload: Upload) -> str:
    """Return what proves that an address of ours was given out for this upload."""
    return _signer.signature(str(upload.pk))


def take_content(
    *, upload_id: UUID, signature: str, read: Callable[[], UploadedFile[bytes]]
) -> None:
    """Store the file of an upload, where the storage takes none from outside.

    ``read`` is called once it is known that the file may come.

    Raises
    ------
    SendingError
        The signature is wrong, the time is up, or the size is another. Without the
        signature nobody learns whether there is such an upload.
    StorageError
        The storage did not take it.
    """
    try:
        _signer.unsign(f"{upload_id}:{signature}")
    except BadSignature:
        raise SendingError("upload_address_wrong", "") from None
    upload = Upload.objects.filter(pk=upload_id).first()
    if upload is None:
        raise SendingError("upload_expired", "")
    _refuse_unless_waiting(upload)
    file = read()
    if file.size != upload.byte_size:
        raise SendingError("upload_mismatch", _size_differs(upload, file.size or 0))
    store_file(upload.stored_name, file)
    upload.refresh_from_db(fields=["status"])
    if upload.status != UploadStatus.WAITING:  # settled meanwhile: nobody needs it
        delete_quietly([upload.stored_name])
        _refuse_unless_waiting(upload)


def complete_upload(*, upload: Upload) -> Upload:
    """Check the file that should be there now, and take it in like any other.

    Once it is taken in, the same answer comes again. A file that is not what was
    announced can be put again until the time is up.

    Raises
    ------
    SendingError
        There is no file, or another one; or the time is up.
    ImageRejectedError
        It is no acceptable image; the upload has failed.
    StorageError
        The storage is out of reach.
    """
    if upload.status == UploadStatus.RECEIVED:
        return upload
    _refuse_unless_waiting(upload)
    try:
        data = _checked_bytes(upload)
    except (SendingError, StorageError):
        # Somebody who reported it in this moment takes the file away.
        now = _with_result(upload)
        if now.status == UploadStatus.RECEIVED:
            return now
        raise
    try:
        submit_image(
            data=data,
            original_name=upload.original_name,
            door=Door.API,
            submitted_by=upload.sent_by,
            said=said_of(upload),
            on_received=partial(_mark_received, upload.pk),
        )
    except _TakenMeanwhileError:
        return _with_result(upload)
    except ImageRejectedError as error:
        Upload.objects.filter(pk=upload.pk, status=UploadStatus.WAITING).update(
            status=UploadStatus.FAILED,
            error_code=error.code.value,
            error_detail=error.detail,
        )
        delete_quietly([upload.stored_name])
        raise
    delete_quietly([upload.stored_name])
    return _with_result(upload)


def prune_uploads(*, now: datetime) -> int:
    """Give up what was never reported, and forget old rows; return how many.

    A row goes after what was put at its address, also after it was settled.

    Raises
    ------
    StorageError
        The storage is out of reach; what is left waits for the next time.
    """
    overdue = Upload.objects.filter(
        status=UploadStatus.WAITING, expires_at__lt=now - GRACE
    )
    count = 0
    for key, name in list(overdue.values_list("pk", "stored_name")[:PRUNED_AT_ONCE]):
        if overdue.filter(pk=key).update(status=UploadStatus.EXPIRED):
            delete_quietly([name])
            count += 1
    old = Upload.objects.filter(created_at__lt=now - KEPT_FOR)
    old = old.exclude(status=UploadStatus.WAITING)
    for key, name in list(old.values_list("pk", "stored_name")[:PRUNED_AT_ONCE]):
        delete_file(name)
        count += old.filter(pk=key).delete()[0]
    return count


def said_of(row: Upload) -> Said:
    """Return what was said when the upload began; it was checked then."""
    return Said(row.external_id, row.context)


def _with_result(upload: Upload) -> Upload:
    return Upload.objects.select_related("submission", "analysis").get(pk=upload.pk)


def _mark_received(key: UUID, receipt: Receipt) -> None:
    taken = Upload.objects.filter(pk=key, status=UploadStatus.WAITING).update(
        status=UploadStatus.RECEIVED,
        submission=receipt.submission,
        analysis=receipt.analysis,
    )
    if not taken:
        raise _TakenMeanwhileError


def _refuse_unless_waiting(upload: Upload) -> None:
    if upload.status == UploadStatus.FAILED:
        raise SendingError(upload.error_code, upload.error_detail)
    if upload.status == UploadStatus.RECEIVED:
        raise SendingError("upload_closed", "")
    is_over = timezone.now() > upload.expires_at + GRACE
    if is_over or upload.status == UploadStatus.EXPIRED:
        raise SendingError("upload_expired", "")


def _checked_bytes(upload: Upload) -> bytes:
    try:
        is_there = default_storage.exists(upload.stored_name)
        size = default_storage.size(upload.stored_name) if is_there else 0
    except Exception as error:  # each back end raises errors of its own libraries
        raise StorageError(f"The file storage did not answer: {error}") from error
    if not is_there:
        raise SendingError("upload_missing", "")
    if size != upload.byte_size:
        raise SendingError("upload_mismatch", _size_differs(upload, size))
    data = read_bytes(upload.stored_name)
    if hashlib.sha256(data).hexdigest() != upload.sha256:
        raise SendingError("upload_mismatch", "The file's SHA-256 is another.")
    return data


def _size_differs(upload: Upload, size: int) -> str:
    return f"Expected {upload.byte_size:,} bytes. Received {size:,}."
