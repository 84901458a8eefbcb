"""Reads: what senders said, and what is on its way in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import OuterRef, Q

from forensics.models import ContextValue, Fetch, Upload
from forensics.narrowing import matching
from forensics.selectors import submissions_visible_to

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser
    from django.db.models import QuerySet

    from accounts.models import User


def images_said(*, user: User | AnonymousUser, path: str, value: str) -> Q:
    """Return the condition that a sender said this of an image.

    Parameters
    ----------
    path : str
        The keys, joined by dots.
    value : str
        The whole value; of a number or a truth value, as JSON writes it.
    """
    if "\0" in path + value:
        return Q(pk__in=[])
    values = ContextValue.objects.filter(
        path=path, value=value, submission__in=submissions_visible_to(user)
    )
    return matching(
        values,
        "submission__image_id",
        probe=values.filter(submission__image=OuterRef("pk")),
    )


def images_known_as(*, user: User | AnonymousUser, ident: str) -> Q:
    """Return the condition that an image was sent under an id of the sender's."""
    if not ident:
        return Q(pk__in=[])
    own = submissions_visible_to(user).filter(external_id=ident)
    return matching(own, "image_id", probe=own.filter(image=OuterRef("pk")))


def fetches_visible_to(user: User) -> QuerySet[Fetch]:
    """Return the fetches that this person asked for."""
    return Fetch.objects.filter(sent_by=user).select_related("analysis", "submission")


def uploads_visible_to(user: User) -> QuerySet[Upload]:
    """Return the uploads that this person began."""
    return Upload.objects.filter(sent_by=user).select_related("analysis", "submission")
