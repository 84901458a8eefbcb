"""Bulk actions: what may be done, to which cases, and why others are left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from moderation.flow_selectors import DECIDE, LEAD, WAITING, reason_not_to_take
from moderation.states import UNDECIDED, CaseStatus

if TYPE_CHECKING:
    from collections.abc import Iterable

    from accounts.models import User
    from moderation.models import Case

MOST_AT_ONCE = 200


class BulkAction(models.TextChoices):
    """What can be done with several cases at once."""

    ASSIGN = "assign", gettext_lazy("Assign to a person")
    PRIORITY = "priority", gettext_lazy("Change the priority")
    QUEUE = "queue", gettext_lazy("Move to another queue")
    TAG = "tag", gettext_lazy("Add a tag")
    UNTAG = "untag", gettext_lazy("Take a tag off")
    RELEASE = "release", gettext_lazy("Release to the queue")
    DECIDE = "decide", gettext_lazy("Decide all alike")


LEAD_ACTIONS = frozenset({BulkAction.PRIORITY, BulkAction.QUEUE})


def actions_for(actor: User) -> list[tuple[str, str]]:
    """Return what this person may do in bulk, with its words."""
    if not actor.has_perm(DECIDE):
        return []
    is_lead = actor.has_perm(LEAD)
    return [
        (action.value, str(action.label))
        for action in BulkAction
        if is_lead or action not in LEAD_ACTIONS
    ]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A case to which nothing is done, and why."""

    case: Case
    because: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a bulk action would do now."""

    included: list[Case] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)


def plan_for(action: str, cases: Iterable[Case], *, actor: User) -> Plan:
    """Say which cases an action is for and which not. The service checks again."""
    plan = Plan()
    for case in cases:
        because = reason_to_leave_out(action, case, actor)
        if because:
            plan.left_out.append(LeftOut(case, because))
        else:
            plan.included.append(case)
    return plan


def reason_to_leave_out(action: str, case: Case, actor: User) -> str:
    """Return why an action is not for a case, or nothing."""
    if action in {BulkAction.TAG, BulkAction.UNTAG}:
        return ""
    if case.status not in UNDECIDED:
        return _("It is decided.")
    if action == BulkAction.RELEASE:
        return _why_not_release(case, actor)
    if _is_held_by_other(case, actor):
        return _("%(person)s is working on it.") % {"person": case.claimed_by}
    if action == BulkAction.DECIDE:
        return _why_not_decide(case, actor)
    return ""


def _why_not_release(case: Case, actor: User) -> str:
    if case.status != CaseStatus.CLAIMED:
        return _("Nobody has claimed it.")
    if case.claimed_by_id != actor.pk and not actor.has_perm(LEAD):
        return _("%(person)s holds it, not you.") % {"person": case.claimed_by}
    return ""


def _why_not_decide(case: Case, actor: User) -> str:
    if case.status == CaseStatus.HELD:
        return _("It is on hold.")
    if case.analysis_id is None or not case.machine_verdict:
        return _("It has no evidence yet.")
    if case.status in WAITING:
        return reason_not_to_take(case, actor)
    return ""


def _is_held_by_other(case: Case, actor: User) -> bool:
    until = case.claim_expires_at
    return (
        case.status == CaseStatus.CLAIMED
        and case.claimed_by_id != actor.pk
        and not (until is not None and until <= timezone.now())
    )
