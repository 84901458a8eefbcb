"""Reads: cases and images by what somebody typed or pasted.

Every look-up is answered by an index, however many rows there are: ids, the end of an
id as pages show it, the start of a SHA-256, the start of a file name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Prefetch, Q, QuerySet

from forensics.selectors import images_visible_to, submissions_visible_to
from moderation.models import Case, ShortId
from moderation.selectors import cases_visible_to

if TYPE_CHECKING:
    from collections.abc import Iterable

    from accounts.models import User
    from forensics.models import Image, Submission

MAX_QUERY = 300
MAX_FOUND = 8
# Of the names that begin alike so many are read, and the newest of them shown.
MAX_NAMES = 50
MAX_IDS = 3
MIN_SHA256 = 6
_UUID = re.compile(
    r"(?<![0-9a-f])[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}(?![0-9a-f])"
)
_SHORT_ID = re.compile(r"(?:case\s+|#)?([0-9a-f]{8})")
_SHA256 = re.compile(rf"(?:sha-?256:\s*)?([0-9a-f]{{{MIN_SHA256},64}})")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a query may mean; several at once."""

    ids: tuple[UUID, ...] = ()
    short_id: str = ""
    sha256: str = ""
    name: str = ""

    @classmethod
    def of(cls, query: str) -> Wanted:
        """Read a query: ids anywhere in it, such as in an address, count alone."""
        text = query.replace("\0", "").strip()[:MAX_QUERY]
        lower = text.lower()
        if ids := tuple(dict.fromkeys(UUID(one) for one in _UUID.findall(lower))):
            return cls(ids=ids[:MAX_IDS])
        short, sha256 = _SHORT_ID.fullmatch(lower), _SHA256.fullmatch(lower)
        return cls(
            short_id=short[1] if short else "",
            sha256=sha256[1] if sha256 else "",
            name=text if len(text) > 1 else "",
        )


@dataclass(frozen=True, slots=True)
class Found:
    """Cases and images, each at most ``MAX_FOUND``."""

    cases: list[Case] = field(default_factory=list)
    images: list[Image] = field(default_factory=list)


def find(query: str, *, user: User) -> Found:
    """Find what this person may see, in at most six queries."""
    wanted = Wanted.of(query)
    if wanted == Wanted():
        return Found()
    images = _images(wanted, user)
    return Found(cases=_cases(wanted, images, user), images=images)


def _images(wanted: Wanted, user: User) -> list[Image]:
    visible = _with_names(images_visible_to(user), user).order_by()
    found = {}
    if wanted.ids:
        found = {image.pk: image for image in visible.filter(pk__in=wanted.ids)}
    if wanted.sha256:
        # All digits of a hash sort before this end, in every collation.
        alike = visible.filter(
            sha256__gte=wanted.sha256, sha256__lt=wanted.sha256 + "g"
        )
        found |= {image.pk: image for image in alike.order_by("sha256")[:MAX_FOUND]}
    if wanted.name:
        named = _named(wanted.name, user)
        found |= {image.pk: image for image in visible.filter(pk__in=named)}
    return list(found.values())[:MAX_FOUND]


def _named(name: str, user: User) -> list[UUID]:
    """Return the images of which somebody sent a file so called, newest first."""
    arrivals = submissions_visible_to(user).filter(original_name__istartswith=name)
    rows = arrivals.order_by().values_list("created_at", "image")[:MAX_NAMES]
    newest = sorted(rows, reverse=True)
    return list(dict.fromkeys(image for _at, image in newest))[:MAX_FOUND]


def _cases(wanted: Wanted, images: Iterable[Image], user: User) -> list[Case]:
    visible = cases_visible_to(user)
    keys = list(visible.filter(pk__in=wanted.ids).values_list("pk", flat=True))
    if wanted.short_id:
        alike = visible.filter(ShortId.matches(wanted.short_id)).order_by()
        keys += alike.values_list("pk", flat=True)[:MAX_FOUND]
    shown = visible.select_related("image").prefetch_related(
        Prefetch(
            "image__submissions",
            submissions_visible_to(user),
            to_attr="visible_submissions",
        )
    )
    asked = shown.filter(Q(pk__in=keys) | Q(image__in=list(images)))
    return list(asked.order_by("-opened_at", "-id")[:MAX_FOUND])


def _with_names(images: QuerySet[Image], user: User) -> QuerySet[Image]:
    arrivals = submissions_visible_to(user)
    return images.prefetch_related(
        Prefetch("submissions", arrivals, to_attr="visible_submissions")
    )


def name_of(image: Image) -> str:
    """Return under what name somebody knows an image that ``find`` returned."""
    arrivals: list[Submission] = getattr(image, "visible_submissions", [])
    return next((one.original_name for one in arrivals if one.original_name), "")
