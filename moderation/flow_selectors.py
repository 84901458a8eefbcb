"""Reads: what comes next for whom, who looks at a case, who is told what."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from moderation import quality_selectors, selectors
from moderation.models import (
    Case,
    CaseSkip,
    CaseViewer,
    Comment,
    Decision,
    Notification,
    Queue,
    QueueOrder,
)
from moderation.states import CaseStatus

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

SKIP_REST = timedelta(days=1)
PRESENCE = timedelta(seconds=90)
WAITING = (CaseStatus.OPEN, CaseStatus.APPEALED)
DECIDE, LEAD = "moderation.decide_case", "moderation.reopen_case"
MOST_COUNTED = 100


# --- What comes next ----------------------------------------------------------------
def queues_of(user: User) -> QuerySet[Queue]:
    """Return the queues that this person works on: theirs, and those open to all."""
    members = Queue.members.through.objects.filter(queue=OuterRef("pk"))
    active = Queue.objects.filter(is_active=True, organization=user.organization_id)
    return active.filter(Exists(members.filter(user=user)) | ~Exists(members))


def cases_for(user: User, *, now: datetime) -> QuerySet[Case]:
    """Return the waiting cases that may be handed to this person, of any queue."""
    skipped = CaseSkip.objects.filter(
        case=OuterRef("pk"), person=user, at__gt=now - SKIP_REST
    )
    decisions = Decision.objects.filter(decided_by=user)
    own = decisions.filter(case=OuterRef("pk"), withdrawn_at=None)
    checked = decisions.filter(case=OuterRef("original"))
    cases = (
        Case.objects.filter(organization=user.organization_id, available_from__lte=now)
        .filter(Q(assigned_to=None) | Q(assigned_to=user))
        .filter(~Exists(skipped), ~Exists(own), ~Exists(checked))
    )
    cases = quality_selectors.cases_to_review(cases, user)
    return cases if user.has_perm(LEAD) else cases.filter(escalated_at=None)


def lines_for(
    user: User, *, queue: str = "", after: UUID | None = None
) -> list[QuerySet[Case]]:
    """Return the lines that this person's next case may stand at the head of.

    First what was assigned to them, then what comes next of each queue by its own
    order and of the appeals: of these heads the most urgent and oldest one first.
    Each line is read by an index, however many cases wait.
    """
    cases = cases_for(user, now=timezone.now())
    if after is not None:
        cases = cases.exclude(pk=after)
    queues = list(queues_of(user).filter(**{"slug": queue} if queue else {}))
    assigned = cases.filter(assigned_to=user, status__in=WAITING)
    if queue:
        assigned = assigned.filter(queue__in=queues)
    appeals = cases.filter(queue__in=queues, status=CaseStatus.APPEALED)
    # Somebody outside waits for the answer: leads are handed appeals before all else.
    is_lead = user.has_perm(LEAD)
    lines = [] if is_lead else [appeals]
    for one in queues:
        lines += _lines_of(one, cases.filter(queue=one, status=CaseStatus.OPEN))
    heads = [(line.first(), line) for line in lines]
    ranked = sorted(
        ((-head.priority, head.opened_at, head.pk), number)
        for number, (head, _line) in enumerate(heads)
        if head is not None
    )
    ordered = [lines[number] for _key, number in ranked]
    return [assigned, appeals, *ordered] if is_lead else [assigned, *ordered]


def _lines_of(queue: Queue, waiting: QuerySet[Case]) -> list[QuerySet[Case]]:
    if queue.order == QueueOrder.OLDEST_FIRST:
        return [waiting.order_by("opened_at", "id")]
    if queue.order == QueueOrder.SCORE_FIRST:
        scored = waiting.filter(machine_score__isnull=False)
        scored = scored.order_by("-machine_score", "opened_at", "id")
        unscored = waiting.filter(machine_score=None).order_by("opened_at", "id")
        # Without a score only once none with one is left.
        return [scored] if scored.exists() else [unscored]
    return [waiting.order_by("-priority", "opened_at", "id")]


def peek_next(user: User, *, queue: str = "", after: UUID | None = None) -> Case | None:
    """Return what this person would be handed next; nothing is claimed."""
    for line in lines_for(user, queue=queue, after=after):
        if (head := line.select_related("analysis").first()) is not None:
            return head
    return None


def claimed_case_of(user: User, *, queue: str = "") -> Case | None:
    """Return the case that this person holds and whose claim ends first."""
    held = Case.objects.filter(
        organization=user.organization_id,
        claimed_by=user,
        status=CaseStatus.CLAIMED,
        claim_expires_at__gt=timezone.now(),
    )
    if queue:
        held = held.filter(queue__slug=queue)
    return held.order_by("claim_expires_at", "id").first()


def reason_not_to_take(case: Case, user: User) -> str:
    """Say why this person may not take a waiting case; empty if they may."""
    if problem := quality_selectors.reason_not_to_review(case, user):
        return problem
    if user.has_perm(LEAD):
        return _own_work(case, user)
    if case.escalated_at is not None:
        return _("This case was escalated. A lead decides it.")
    if case.assigned_to_id is not None and case.assigned_to_id != user.pk:
        return _(
            "This case is assigned to %(person)s. Ask them, or a lead, to hand it back."
        ) % {"person": case.assigned_to}
    members = set(case.queue.members.values_list("pk", flat=True))
    if members and user.pk not in members and case.assigned_to_id != user.pk:
        return _("This case waits in the queue “%(queue)s”, which others work on.") % {
            "queue": case.queue
        }
    return _own_work(case, user)


def _own_work(case: Case, user: User) -> str:
    decided = Decision.objects.filter(decided_by=user)
    if case.outcome and decided.filter(case=case, withdrawn_at=None).exists():
        return _("You made the decision in question. Somebody else answers the appeal.")
    if case.original_id and decided.filter(case=case.original_id).exists():
        return _("You have decided about this picture already. Somebody else does now.")
    return ""


# --- Who looks, who speaks, who is told ---------------------------------------------
def viewers_of(case_id: UUID, *, but: User) -> list[str]:
    """Return the names of the others who have this case in front of them."""
    seen = CaseViewer.objects.filter(
        case=case_id, seen_at__gt=timezone.now() - PRESENCE
    )
    rows = seen.exclude(person=but).select_related("person").order_by("person_id")
    return [str(row.person) for row in rows]


def people_who_decide(organization_id: int | None) -> QuerySet[User]:
    """Return those to whom a case of an organization can be given, by name."""
    people = User.objects.with_perm(DECIDE, is_active=True)
    return people.filter(organization=organization_id).order_by("username")


def people_who_see_cases(
    names: Iterable[str], *, organization_id: int | None
) -> QuerySet[User]:
    """Return those of these user names who may see an organization's cases."""
    people = User.objects.with_perm("moderation.view_case", is_active=True)
    return people.filter(organization=organization_id, username__in=list(names))


def comments_on(case: Case) -> QuerySet[Comment]:
    """Return what was said about a case, oldest first."""
    return case.comments.order_by("created_at", "id")


def notifications_of(user: User) -> QuerySet[Notification]:
    """Return what this person was told, newest first."""
    return _told(user).select_related("case__image", "comment")


def _told(user: User) -> QuerySet[Notification]:
    """Leave out what is about a case that this person must not see just now."""
    seen = selectors.cases_visible_to(user).values("pk")
    return Notification.objects.filter(Q(case__in=seen) | Q(case=None), person=user)


def notification_of(user: User, text: str) -> Notification | None:
    """Return one thing that this person was told, by its id as text."""
    key = uuid_or_none(text)
    return notifications_of(user).filter(pk=key).first() if key else None


def uuid_or_none(text: str | None) -> UUID | None:
    """Read an id; what is none counts as not given."""
    try:
        return UUID(text) if text else None
    except ValueError:
        return None


def unread_count(user: User) -> int:
    """Count what this person has not read, up to ``MOST_COUNTED``."""
    unread = _told(user).filter(read_at=None)
    return unread.order_by()[:MOST_COUNTED].count()
