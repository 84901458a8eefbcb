"""What stands in a request that sends a picture, in whichever way it is sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from rest_framework.exceptions import ValidationError

from accounts.api.refusing import UnprocessableError
from forensics.api.permissions import as_django
from forensics.sending import (
    MAX_EXTERNAL_ID,
    NOTHING,
    Said,
    SaidError,
    read_context_text,
    read_said,
)
from forensics.uploads import is_raw, raw_upload

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.core.files.uploadedfile import UploadedFile
    from rest_framework.request import Request

ITEM = frozenset({"url", "upload", "file", "filename", "external_id", "context"})


@dataclass(frozen=True, slots=True)
class Parcel:
    """One picture to take in: its bytes, its address, or an upload of it."""

    file: UploadedFile[bytes] | None = None
    url: str | None = None
    upload: UUID | None = None
    name: str = ""
    said: Said = NOTHING


def parcel_of(request: Request) -> Parcel:
    """Read a request with one picture.

    Raises
    ------
    ValidationError
        A field is missing or wrong.
    """
    if is_raw(request.content_type or ""):
        file = raw_upload(as_django(request))
        return Parcel(file=file, name=file.name or "", said=_said(request.query_params))
    if (request.content_type or "").startswith("application/json"):
        return parcel_from_json(request.data, allowed=ITEM - {"file", "upload"})
    files = request.FILES.getlist("file")
    if len(files) != 1 or set(request.FILES) != {"file"}:
        says = (
            "No file was submitted." if not files else "Send one file in each request."
        )
        raise ValidationError({"file": says})
    return Parcel(file=files[0], name=files[0].name or "", said=_said(request.POST))


def parcel_from_json(
    item: object,
    *,
    allowed: frozenset[str] = ITEM,
    files: tuple[UploadedFile[bytes], ...] = (),
) -> Parcel:
    """Read one picture out of JSON; ``file`` is a number of one of ``files``.

    Raises
    ------
    ValidationError
        It names no picture, more than one, or what nobody knows.
    """
    if not isinstance(item, dict):
        raise ValidationError("Expected a JSON object.")
    unknown = sorted(str(name)[:64] for name in set(item) - allowed)
    if unknown:
        raise ValidationError(dict.fromkeys(unknown, "There is no such field."))
    ways = sorted({"url", "upload", "file"} & set(item))
    if len(ways) != 1:
        one_of = ", ".join(sorted({"url", "upload", "file"} & allowed))
        raise ValidationError({"url": f"Name the picture, once, by: {one_of}."})
    said = said_in(item)
    name = _text(item, "filename")
    if ways == ["url"]:
        return Parcel(url=_text(item, "url"), name=name, said=said)
    if ways == ["upload"]:
        return Parcel(upload=_uuid(item["upload"]), said=said)
    file = _file(item["file"], files)
    return Parcel(file=file, name=name or file.name or "", said=said)


def said_in(item: Mapping[str, Any]) -> Said:
    """Read what JSON says of a picture.

    Raises
    ------
    ValidationError
        It cannot be kept.
    """
    return _checked(item.get("external_id"), item.get("context"))


def _text(item: Mapping[str, Any], name: str) -> str:
    value = item.get(name, "")
    if not isinstance(value, str) or "\0" in value:
        raise ValidationError({name: "Expected a text."})
    return value


def _uuid(value: object) -> UUID:
    try:
        return UUID(str(value))
    except ValueError:
        raise ValidationError({"upload": "Expected the id of an upload."}) from None


def _file(value: object, files: tuple[UploadedFile[bytes], ...]) -> UploadedFile[bytes]:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValidationError({"file": "Expected the number of a file, from 0."})
    if not 0 <= value < len(files):
        raise ValidationError({"file": f"There are {len(files)} files, from 0."})
    return files[value]


def _said(fields: Mapping[str, Any]) -> Said:
    """Read what a form's fields or an address say: the context as JSON text."""
    try:
        context = read_context_text(str(fields.get("context") or ""))
    except SaidError as error:
        raise ValidationError({error.field: error.detail}) from None
    return _checked(fields.get("external_id"), context)


def _checked(external_id: object, context: object) -> Said:
    try:
        return read_said(external_id=external_id, context=context)
    except SaidError as error:
        # The description cannot say how deep an object is, nor what is printable.
        is_as_described = (
            isinstance(context, dict)
            if error.field == "context"
            else isinstance(external_id, str) and len(external_id) <= MAX_EXTERNAL_ID
        )
        kind = UnprocessableError if is_as_described else ValidationError
        raise kind({error.field: error.detail}) from None
