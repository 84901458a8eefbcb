"""Reads: what is known of a picture from before, as far as this person may know it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from forensics.known import (
    MAX_MATCHES,
    BankAnswer,
    bank_matches_now,
    matches_shown_to,
    may_see_banks,
    near_images,
    unrecorded,
)
from forensics.models import Image
from forensics.selectors import (
    images_visible_to,
    submissions_visible_to,
    with_list_details,
)
from moderation.models import CaseKind
from moderation.selectors import decisions_visible_to

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from accounts.models import User
    from forensics.known import BankMatch
    from forensics.models import Analysis, EvidenceFile
    from moderation.models import Case, Decision

MOST_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Alike:
    """Another image that looks like this one, with what was decided about it."""

    image: Image
    distance: int
    decision: Decision | None

    @property
    def thumbnail(self) -> EvidenceFile | None:
        """A small copy, once there is one."""
        return next(iter(getattr(self.image.current_analysis, "thumbnails", ())), None)


@dataclass(frozen=True, slots=True)
class KnownImages:
    """What the panel of a picture shows.

    Attributes
    ----------
    times_before : int
        How often the very file had come in before its last arrival.
    decisions : sequence of Decision
        In force, about the very file, newest first.
    alike : sequence of Alike
        The nearest few; ``alike_count`` says how many there are.
    is_complete : bool
        Whether everything stored, and everything in banks, was compared.
    matches : sequence of mapping
        Of banks, recorded with the analysis that is shown. Without entry and name for
        those who may not look into banks.
    matches_since : sequence of BankMatch
        What the banks say now and did not then.
    """

    times_before: int
    decisions: Sequence[Decision]
    alike: Sequence[Alike]
    alike_count: int
    is_complete: bool
    matches: Sequence[Mapping[str, Any]]
    matches_since: Sequence[BankMatch]

    @property
    def is_new(self) -> bool:
        """Whether nothing is known of it."""
        return not (
            self.times_before
            or self.decisions
            or self.alike
            or self.matches
            or self.matches_since
        )

    @property
    def nearest(self) -> int:
        """The distance of the nearest, where there is any."""
        return self.alike[0].distance if self.alike else 0


def known_images(
    *, image: Image, analysis: Analysis | None, user: User, but: Case | None = None
) -> KnownImages:
    """Return what this person may know of a picture from before.

    Parameters
    ----------
    image : Image
        The picture.
    analysis : Analysis or None
        The one that is shown, with what the banks said at its time.
    user : User
        Sees the images, arrivals and decisions they may see elsewhere, no others.
    but : Case or None
        Whose own decision is shown on the same page already.
    """
    found = near_images(image)
    seen = images_visible_to(user).filter(pk__in=found.distances)
    visible = set(seen.values_list("pk", flat=True)) if found.distances else set()
    ranked = [key for key in found.distances if key in visible]
    shown = _loaded(ranked[:MOST_SHOWN])
    decided = _in_force(user, [image.sha256, *(other.sha256 for other in shown)], but)
    recorded = analysis.known_matches if analysis else []
    # What banks say now is for those who may look into them.
    now = bank_matches_now(image) if may_see_banks(user) else BankAnswer()
    return KnownImages(
        times_before=max(0, _arrivals(image, user) - 1),
        decisions=[d for d in decided if d.image_sha256 == image.sha256],
        alike=[
            Alike(other, found.distances[other.pk], _of(other.sha256, decided))
            for other in shown
        ],
        alike_count=len(ranked),
        is_complete=found.is_complete and now.is_complete,
        matches=matches_shown_to(user, recorded),
        matches_since=unrecorded(recorded, now)[:MAX_MATCHES],
    )


def _loaded(keys: Sequence[Any]) -> list[Image]:
    if not keys:
        return []
    images = with_list_details(Image.objects.filter(pk__in=keys))
    return sorted(images, key=lambda image: keys.index(image.pk))


def _arrivals(image: Image, user: User) -> int:
    return submissions_visible_to(user).filter(image=image).count()


def _in_force(
    user: User, hashes: Collection[str], but: Case | None
) -> Sequence[Decision]:
    decisions = decisions_visible_to(user).filter(
        image_sha256__in=hashes, withdrawn_at=None, case__kind=CaseKind.REGULAR
    )
    return list(decisions.exclude(case=but) if but else decisions)


def _of(sha256: str, decisions: Iterable[Decision]) -> Decision | None:
    return next((d for d in decisions if d.image_sha256 == sha256), None)
