"""Where a case waits and how urgently: leads say so, on record."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from moderation.exceptions import InvalidDecisionError, TransitionError
from moderation.flow_selectors import LEAD
from moderation.models import Case, Priority
from moderation.services.permissions import require
from moderation.services.transitions import lock, on_record, refuse_if_held_by_other
from moderation.states import UNDECIDED

if TYPE_CHECKING:
    from uuid import UUID

    from accounts.models import User
    from moderation.models import Queue


def set_priority(*, case_id: UUID, actor: User, priority: int) -> Case:
    """Make a case more or less urgent.

    Raises
    ------
    NotAllowedError, ClaimError, TransitionError, InvalidDecisionError
        Nothing was changed.
    """
    require(actor, LEAD, _("change priorities"))
    if priority not in Priority.values:
        raise InvalidDecisionError(_("Choose a priority."))
    with on_record() as log:
        case = _lock_to_sort(case_id, actor)
        if case.priority != priority:
            before, case.priority = case.priority, priority
            case.save()
            log.add(
                "priority_changed",
                actor=actor,
                case=case,
                before=before,
                after=priority,
                to=Priority(priority).label,
            )
    return case


def move_to_queue(*, case_id: UUID, actor: User, queue: Queue) -> Case:
    """Let a case wait in another queue, due by that queue's time."""
    require(actor, LEAD, _("move cases to another queue"))
    if not queue.is_active:
        raise InvalidDecisionError(_("Choose a queue that is in use."))
    with on_record() as log:
        case = _lock_to_sort(case_id, actor)
        if queue.organization_id != case.organization_id:
            raise InvalidDecisionError(_("Choose a queue that is in use."))
        if case.queue_id != queue.pk:
            before, case.queue = case.queue.slug, queue
            due = timedelta(minutes=queue.due_minutes) if queue.due_minutes else None
            case.due_at = case.opened_at + due if due else None
            case.save()
            log.add("case_moved", actor=actor, case=case, before=before, to=queue.slug)
    return case


def _lock_to_sort(case_id: UUID, actor: User) -> Case:
    case = lock(case_id)
    if case.status not in UNDECIDED:
        raise TransitionError(_("This case is decided."))
    refuse_if_held_by_other(case, actor)
    return case
