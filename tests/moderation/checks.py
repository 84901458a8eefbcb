"""What the tests of second reviews, known answers and appeals have in common."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from moderation import services
from moderation.models import Case, CaseKind, Decision, Queue
from moderation.models.queues import DEFAULT_QUEUE
from tests.factories import make_case

if TYPE_CHECKING:
    from accounts.models import User

REASONS = {
    "fake": "content_edited",
    "authentic": "no_trace_found",
    "cannot_tell": "quality_too_low",
}
A_WHILE = timedelta(minutes=5)


def shares(*, second: float = 0.0, golden: float = 0.0) -> Queue:
    queue = Queue.objects.get(slug=DEFAULT_QUEUE)
    queue.second_review_share, queue.golden_share = second, golden
    queue.save()
    return queue


def decide(case: Case, actor: User, outcome: str, **fields: Any) -> Decision:
    return services.decide_case(
        case_id=case.pk,
        actor=actor,
        outcome=outcome,
        reason=REASONS[outcome],
        **fields,
    )


def time_passes() -> None:
    """Let every decision become final, and what waits for that be waiting."""
    then = timezone.now() - A_WHILE
    Decision.objects.filter(final_at__gt=then).update(final_at=then)
    Case.objects.filter(available_from__gt=then).update(available_from=then)


def decided(actor: User, outcome: str = "fake", **fields: Any) -> Case:
    case = make_case(**fields)
    decide(case, actor, outcome)
    time_passes()
    case.refresh_from_db()
    return case


def second_of(case: Case) -> Case:
    return Case.objects.get(original=case, kind=CaseKind.SECOND)


def tiebreak_of(case: Case) -> Case:
    return Case.objects.get(original=case, kind=CaseKind.TIEBREAK)
