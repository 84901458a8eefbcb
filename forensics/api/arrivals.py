"""Taking in what a request sends, and answering with what there is of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rest_framework import status
from rest_framework.exceptions import NotFound
from rest_framework.response import Response
from rest_framework.reverse import reverse

from forensics import selectors
from forensics.api.beside import beside_images
from forensics.api.permissions import person
from forensics.api.sending_serializers import AnsweredImageSerializer, FetchSerializer
from forensics.api.serializers import AnalysisSummarySerializer, ReceivedImageSerializer
from forensics.api.waiting import wait_for, wish_of
from forensics.models import Analysis, Door, Fetch, FetchStatus, Submission
from forensics.sending_selectors import fetches_visible_to, uploads_visible_to
from forensics.services.fetching import request_fetch
from forensics.services.intake import refuse_too_many_bytes, submit_image
from forensics.services.uploads import complete_upload
from forensics.states import FINISHED, PENDING

if TYPE_CHECKING:
    from uuid import UUID

    from rest_framework.request import Request

    from accounts.models import User
    from forensics.api.parcels import Parcel
    from forensics.api.waiting import Wish

POLL_AFTER_SECONDS = 1


@dataclass(frozen=True, slots=True)
class Arrived:
    """A picture that is stored, and the analysis that stands for this arrival."""

    submission: Submission
    analysis: Analysis


def take_in(parcel: Parcel, user: User) -> Arrived | Fetch:
    """Take in one picture, however it is named."""
    if parcel.url is not None:
        return request_fetch(
            url=parcel.url, original_name=parcel.name, said=parcel.said, sent_by=user
        )
    if parcel.upload is not None:
        return take_in_upload(parcel.upload, user)
    if parcel.file is None:
        raise NotFound
    refuse_too_many_bytes(parcel.file.size or 0)
    receipt = submit_image(
        data=parcel.file.read(),
        original_name=parcel.name,
        door=Door.API,
        submitted_by=user,
        said=parcel.said,
    )
    return Arrived(receipt.submission, receipt.analysis)


def take_in_upload(key: UUID, user: User) -> Arrived:
    """Complete an upload of this person's."""
    upload = uploads_visible_to(user).filter(pk=key).first()
    if upload is None:
        raise NotFound
    upload = complete_upload(upload=upload)
    if upload.submission is None or upload.analysis is None:  # deleted since
        raise NotFound
    return Arrived(upload.submission, upload.analysis)


def answered(request: Request, arrived: Arrived | Fetch) -> Response:
    """Answer 202 with what there is, or 200 with the result if it was waited for."""
    wish = wish_of(request)
    if isinstance(arrived, Fetch):
        return _fetch_answered(request, arrived, wish)
    found, has_waited = _awaited(arrived.analysis, wish)
    body = image_body(request, arrived, result=found)
    preferences = wish.applied(is_done=found is not None, has_waited=has_waited)
    return _answer(body, arrived.analysis, preferences, is_done=found is not None)


def analysis_answered(request: Request, analysis: Analysis) -> Response:
    """Answer a request for an analysis alike, without the image around it."""
    wish = wish_of(request)
    found, has_waited = _awaited(analysis, wish)
    body = AnalysisSummarySerializer(found or analysis).data
    preferences = wish.applied(is_done=found is not None, has_waited=has_waited)
    return _answer(body, analysis, preferences, is_done=found is not None)


def image_body(
    request: Request, arrived: Arrived, *, result: Analysis | None = None
) -> Any:
    """Return the image as this person sees it, with the result where it is there."""
    user = person(request)
    image = selectors.with_newest_result(selectors.images_visible_to(user)).get(
        pk=arrived.submission.image_id
    )
    shape = AnsweredImageSerializer if result else ReceivedImageSerializer
    context = {
        "request": request,
        "analysis": result or arrived.analysis,
        **beside_images(user, [arrived.submission.image_id]),
        # Speaks of this person's own view, and keeps no secret: the image's
        # created_at and a result at once tell that others sent these bytes.
        "is_duplicate": selectors.was_known_to(user, arrived.submission),
    }
    return shape(image, context=context).data


def wait_header(analysis: Analysis) -> dict[str, str]:
    """Return when to ask again for what is not finished."""
    is_pending = analysis.status in PENDING
    return {"Retry-After": str(POLL_AFTER_SECONDS)} if is_pending else {}


def _answer(
    body: Any, analysis: Analysis, preferences: dict[str, str], *, is_done: bool
) -> Response:
    location = {"Location": reverse("api:analysis-detail", args=[analysis.pk])}
    if is_done:
        return Response(body, headers=location | preferences)
    return Response(
        body,
        status=status.HTTP_202_ACCEPTED,
        headers=location | preferences | wait_header(analysis),
    )


def _awaited(analysis: Analysis, wish: Wish) -> tuple[Analysis | None, bool]:
    def look() -> Analysis | None:
        done = Analysis.objects.filter(pk=analysis.pk, status__in=FINISHED)
        return selectors.with_evidence(done).first() if done.exists() else None

    return wait_for(look, seconds=wish.seconds)


def _fetch_answered(request: Request, fetch: Fetch, wish: Wish) -> Response:
    rows = fetches_visible_to(person(request)).filter(pk=fetch.pk)

    def look() -> Fetch | None:
        settled = rows.exclude(status=FetchStatus.FETCHING)
        done = settled.exclude(analysis__status__in=PENDING)
        return done.first() if done.exists() else None

    found, has_waited = wait_for(look, seconds=wish.seconds)
    preferences = wish.applied(is_done=found is not None, has_waited=has_waited)
    if found is not None and found.submission and found.analysis:
        result = selectors.with_evidence(
            Analysis.objects.filter(pk=found.analysis.pk)
        ).get()
        arrived = Arrived(found.submission, found.analysis)
        body = image_body(request, arrived, result=result)
        return _answer(body, found.analysis, preferences, is_done=True)
    location = {"Location": reverse("api:fetch-detail", args=[fetch.pk])}
    if found is not None:
        return Response(FetchSerializer(found).data, headers=location | preferences)
    return Response(
        FetchSerializer(rows.get()).data,
        status=status.HTTP_202_ACCEPTED,
        headers=location | preferences | {"Retry-After": str(POLL_AFTER_SECONDS)},
    )
