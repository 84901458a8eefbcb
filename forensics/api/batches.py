"""Many pictures in one request: each is answered for itself, none disturbs another."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from rest_framework import status

from accounts.idempotency import is_passing, number_part
from forensics.api.arrivals import image_body, take_in
from forensics.api.fields import LinkField
from forensics.api.parcels import Parcel, parcel_from_json
from forensics.api.permissions import person
from forensics.api.sending_serializers import MOST_IN_A_BATCH, FetchSerializer
from forensics.api.uploads import problem_body
from forensics.exceptions import SendingError
from forensics.models import Fetch

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile
    from rest_framework.request import Request
    from rest_framework.views import APIView


def items_of(request: Request) -> tuple[list[Any], tuple[UploadedFile[bytes], ...]]:
    """Return what a batch names, and the files that it brings.

    Raises
    ------
    SendingError
        There are none or too many, or a file belongs to no item.
    """
    if (request.content_type or "").startswith("application/json"):
        body = request.data
        items = body.get("items") if isinstance(body, dict) else None
        return _counted(items), ()
    files = tuple(request.FILES.getlist("file"))
    if set(request.FILES) - {"file"}:
        raise SendingError("wrong_batch", "Files come in fields that are named file.")
    text = request.POST.get("items")
    if text is None:
        return _counted([{"file": number} for number in range(len(files))]), files
    items = _counted(_parsed(text))
    named = [item.get("file") for item in items if isinstance(item, dict)]
    left = [str(n) for n in range(len(files)) if named.count(n) != 1]
    if left:
        raise SendingError(
            "wrong_batch", f"Not in exactly one item: file {', '.join(left)}."
        )
    return items, files


def answer_batch(
    view: APIView,
    request: Request,
    items: list[Any],
    files: tuple[UploadedFile[bytes], ...],
) -> dict[str, Any]:
    """Take in one after the other, and say of each what became of it."""
    answers = [
        _answer_item(view, request, index, item, files)
        for index, item in enumerate(items)
    ]
    refused = sum(answer["problem"] is not None for answer in answers)
    return {
        "accepted": len(answers) - refused,
        "refused": refused,
        "items": answers,
    }


def may_be_redone(body: dict[str, Any]) -> bool:
    """Whether an item was refused for now only: sent again, it may be taken."""
    return any(is_passing(item["status"]) for item in body["items"])


def _answer_item(
    view: APIView,
    request: Request,
    index: int,
    item: Any,
    files: tuple[UploadedFile[bytes], ...],
) -> dict[str, Any]:
    parcel = Parcel()
    number_part(index)
    answer: dict[str, Any] = {"index": index, "status": status.HTTP_202_ACCEPTED}
    answer |= {"location": None, "image": None, "fetch": None, "problem": None}
    try:
        parcel = parcel_from_json(item, files=files)
        arrived = take_in(parcel, person(request))
        if isinstance(arrived, Fetch):
            answer["fetch"] = FetchSerializer(arrived).data
            answer["location"] = _path("api:fetch-detail", arrived.pk)
        else:
            answer["image"] = image_body(request, arrived)
            answer["location"] = _path("api:analysis-detail", arrived.analysis.pk)
    except Exception as error:  # noqa: BLE001 - each item is answered, as a request is
        answer["problem"] = problem = problem_body(view, error)
        answer["status"] = problem["status"]
    return answer | {"external_id": parcel.said.external_id}


def _path(name: str, key: Any) -> str:
    return LinkField(name).to_representation(key)


def _parsed(text: object) -> object:
    try:
        return json.loads(str(text))
    except (ValueError, RecursionError):
        raise SendingError("wrong_batch", "`items` is no JSON.") from None


def _counted(items: object) -> list[Any]:
    if not isinstance(items, list) or not 1 <= len(items) <= MOST_IN_A_BATCH:
        raise SendingError(
            "wrong_batch", f"Expected a list of 1 to {MOST_IN_A_BATCH} items."
        )
    return items
