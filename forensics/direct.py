"""Addresses at which a sender puts a file into the storage without this server."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.files.storage import default_storage

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Ticket:
    """Where and how one file is put, and nothing else."""

    url: str = field(repr=False)
    headers: Mapping[str, str]


def s3_ticket(name: str, *, byte_size: int, sha256: str, seconds: int) -> Ticket | None:
    """Return an address that takes this very file for a while; None without S3.

    Size and hash are part of the signature: the service itself refuses anything else.
    """
    bucket: Any = getattr(default_storage, "bucket", None)
    if bucket is None:
        return None
    checksum = base64.b64encode(bytes.fromhex(sha256)).decode()
    url = bucket.meta.client.generate_presigned_url(
        "put_object",
        Params={
            "Bucket": bucket.name,
            "Key": name,
            "ContentLength": byte_size,
            "ChecksumSHA256": checksum,
        },
        ExpiresIn=seconds,
    )
    return Ticket(url, {"x-amz-checksum-sha256": checksum})
