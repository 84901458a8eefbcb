"""Who sees which cases and decisions while somebody is to judge a picture unseen.

A second review and a case with a known answer are cases like any other, and whoever
decides them must not find the answer elsewhere. So as long as one of them waits for a
person, every other case of that picture, and what was decided in it, is not there for
them: on no page, in no list, no report, no search, and not in the admin.

Leads and auditors see everything; therefore leads give no second opinions. A case with
a known answer is there for its one person only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from moderation.models import (
    AuditEvent,
    Case,
    CaseKind,
    Decision,
    Delivery,
    Event,
    GoldenCheck,
)
from moderation.states import UNDECIDED, CaseStatus

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User

TRow = TypeVar("TRow", Event, Delivery)
DECIDE, LEAD = "moderation.decide_case", "moderation.reopen_case"
UNSEEN = (CaseKind.SECOND, CaseKind.GOLDEN)


def is_blinded(user: User) -> bool:
    """Return whether this person may be asked for a second opinion."""
    return user.has_perm(DECIDE) and not user.has_perm(LEAD)


def under_way(user: User) -> QuerySet[Case]:
    """Return the cases that this person may be asked to decide unseen.

    Also those that they, or somebody else, can still take back: who has looked up the
    first answer must not be able to change theirs.
    """
    fresh = Decision.objects.filter(
        case=OuterRef("pk"), withdrawn_at=None, final_at__gt=timezone.now()
    )
    checks = GoldenCheck.objects.filter(case=OuterRef("pk"), person=user)
    return Case.objects.filter(
        Q(status__in=UNDECIDED) | (Q(status=CaseStatus.DECIDED) & Exists(fresh)),
        (Q(kind=CaseKind.SECOND) & ~Exists(decided_elsewhere(user)))
        | (Q(kind=CaseKind.GOLDEN) & Exists(checks)),
        kind__in=UNSEEN,
        organization=user.organization_id,
    ).order_by()


def decided_elsewhere(user: User) -> QuerySet[Decision]:
    """Return what a person decided about a case's picture, but in another case."""
    about = Decision.objects.filter(case__image=OuterRef("image"), decided_by=user)
    return about.exclude(case=OuterRef("pk"))


def cases_shown_to(cases: QuerySet[Case], user: User) -> QuerySet[Case]:
    """Leave out what this person must not see, or what is not for them."""
    checks = GoldenCheck.objects.filter(case=OuterRef("pk"), person=user)
    cases = cases.exclude(Q(kind=CaseKind.GOLDEN) & ~Exists(checks))
    if not is_blinded(user):
        return cases
    mine = under_way(user)
    theirs = Exists(decided_elsewhere(user))
    checked = Q(kind=CaseKind.SECOND, status__in=UNDECIDED) & theirs
    return cases.exclude(
        Q(kind=CaseKind.TIEBREAK)
        | checked
        | (Q(image__in=mine.values("image")) & ~Q(pk__in=mine.values("pk")))
    )


def decisions_shown_to(decisions: QuerySet[Decision], user: User) -> QuerySet[Decision]:
    """Leave out what would give an answer away, and others' known answers."""
    own = Q(decided_by=user)
    decisions = decisions.exclude(Q(case__kind=CaseKind.GOLDEN) & ~own)
    if not is_blinded(user):
        return decisions
    concealed = Q(case__image__in=under_way(user).values("image"))
    return decisions.exclude((Q(case__kind=CaseKind.TIEBREAK) | concealed) & ~own)


def events_shown_to(events: QuerySet[AuditEvent], user: User) -> QuerySet[AuditEvent]:
    """Leave out the history of what this person must not see."""
    if not is_blinded(user):
        return events
    own = Case.objects.filter(organization=user.organization_id)
    hidden = own.exclude(pk__in=cases_shown_to(own, user))
    concealed = under_way(user).values("image")
    elsewhere = Q(case=None, image__in=concealed)
    return events.exclude(Q(case__in=hidden.values("pk")) | elsewhere)


def told_shown_to(
    rows: QuerySet[TRow], user: User, *, image: str = "image"
) -> QuerySet[TRow]:
    """Leave out what outsiders are told of pictures that this person is to judge."""
    if not is_blinded(user):
        return rows
    return rows.exclude(**{f"{image}__in": under_way(user).values("image")})


def images_judged_unseen(user: User) -> QuerySet[Case, UUID] | None:
    """Return the pictures a person is to judge unseen; None where there are none."""
    if not is_blinded(user):
        return None
    waiting = under_way(user)
    return waiting.values_list("image", flat=True) if waiting.exists() else None


def case_to_decide(image_id: UUID, user: User) -> Case | None:
    """Return the case of a picture that waits to be decided unseen by this person."""
    if not is_blinded(user):
        return None
    waiting = under_way(user).filter(image=image_id, status__in=UNDECIDED)
    return waiting.first()
