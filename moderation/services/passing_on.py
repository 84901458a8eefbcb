"""What somebody does with a case who does not decide it now: skip, hold, pass on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from moderation import flow_selectors, quality_selectors
from moderation.exceptions import (
    InvalidDecisionError,
    NotAllowedError,
    TransitionError,
)
from moderation.models import (
    Case,
    CaseSkip,
    Decision,
    Notification,
    NotificationKind,
)
from moderation.services.claims import forget_viewer
from moderation.services.permissions import require
from moderation.services.transitions import (
    MAX_BECAUSE,
    check_token,
    is_over,
    lock,
    move,
    on_record,
    refuse_if_held_by_other,
    rest,
)
from moderation.states import UNDECIDED, CaseStatus

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from accounts.models import User


def skip_case(
    *, case_id: UUID, actor: User, because: str, token: UUID | None = None
) -> Case:
    """Pass a case on to others; it is not offered to this person for a day."""
    require(actor, flow_selectors.DECIDE, _("skip cases"))
    reason = _reason(because, _("Say why you skip this case."))
    with on_record() as log:
        case = _lock_undecided(case_id, actor, token)
        if case.status == CaseStatus.CLAIMED:
            rest(case)
            case.save()
        CaseSkip.objects.create(case=case, person=actor, because=reason)
        forget_viewer(case_id=case.pk, actor=actor)
        log.add("case_skipped", actor=actor, case=case, because=reason)
    return case


def escalate_case(
    *, case_id: UUID, actor: User, because: str, token: UUID | None = None
) -> Case:
    """Leave a case to the leads; whoever held it, holds it no more."""
    require(actor, flow_selectors.DECIDE, _("escalate cases"))
    reason = _reason(because, _("Say why a lead should look."))
    with on_record() as log:
        case = _lock_undecided(case_id, actor, token)
        if case.escalated_at is not None:
            raise TransitionError(_("This case was escalated before."))
        if case.status == CaseStatus.CLAIMED:
            rest(case)
        case.escalated_at, case.assigned_to = timezone.now(), None
        case.save()
        forget_viewer(case_id=case.pk, actor=actor)
        log.add("case_escalated", actor=actor, case=case, because=reason)
    return case


def hold_case(
    *,
    case_id: UUID,
    actor: User,
    because: str,
    until: datetime | None = None,
    token: UUID | None = None,
) -> Case:
    """Let a case wait for something, until a moment or until somebody resumes it."""
    require(actor, flow_selectors.DECIDE, _("hold cases"))
    reason = _reason(because, _("Say what the case waits for."))
    if is_over(until, timezone.now()):
        raise InvalidDecisionError(_("Choose a moment in the future."))
    with on_record() as log:
        case = _lock_undecided(case_id, actor, token)
        if case.outcome:
            raise TransitionError(
                _("An appeal is not put on hold: somebody waits for its answer.")
            )
        move(case, CaseStatus.HELD)
        case.held_until = until
        case.save()
        forget_viewer(case_id=case.pk, actor=actor)
        log.add("case_held", actor=actor, case=case, because=reason, until=until)
    return case


def resume_case(*, case_id: UUID, actor: User) -> Case:
    """Put a held case back into the queue."""
    require(actor, flow_selectors.DECIDE, _("resume cases"))
    with on_record() as log:
        case = lock(case_id)
        move(case, CaseStatus.OPEN, only_from=(CaseStatus.HELD,))
        case.save()
        log.add("case_resumed", actor=actor, case=case)
    return case


def assign_case(*, case_id: UUID, actor: User, username: str) -> Case:
    """Give a case to one person: nobody else is handed it, and they are told."""
    require(actor, flow_selectors.DECIDE, _("assign cases"))
    person = _person_called(username, actor)
    if person is None:
        raise InvalidDecisionError(
            _("Nobody who may decide cases is called “%(name)s”.") % {"name": username}
        )
    with on_record() as log:
        case = _lock_undecided(case_id, actor, None)
        _refuse_unless_theirs_to_give(case, actor)
        _refuse_if_not_for(case, person)
        if case.status == CaseStatus.CLAIMED and person.pk != actor.pk:
            rest(case)
        case.assigned_to = person
        case.save()
        if person.pk != actor.pk:
            Notification.objects.create(
                person=person,
                kind=NotificationKind.ASSIGNED,
                case=case,
                from_name=str(actor),
            )
        log.add("case_assigned", actor=actor, case=case, person=person.username)
    return case


def hand_back_case(*, case_id: UUID, actor: User) -> Case:
    """Give a case back to all: by whom it was assigned to, or by a lead.

    A lead also ends an escalation that way.
    """
    require(actor, flow_selectors.DECIDE, _("hand cases back"))
    is_lead = actor.has_perm(flow_selectors.LEAD)
    with on_record() as log:
        case = _lock_undecided(case_id, actor, None)
        if case.assigned_to_id is None and not (is_lead and case.escalated_at):
            raise TransitionError(_("This case is assigned to nobody."))
        _refuse_unless_theirs_to_give(case, actor)
        if case.status == CaseStatus.CLAIMED:
            rest(case)
        case.assigned_to = None
        if is_lead:
            case.escalated_at = None
        case.save()
        log.add("case_handed_back", actor=actor, case=case)
    return case


def _lock_undecided(case_id: UUID, actor: User, token: UUID | None) -> Case:
    case = lock(case_id)
    check_token(case, actor=actor, token=token)
    if case.status not in UNDECIDED:
        raise TransitionError(_("This case is decided."))
    refuse_if_held_by_other(case, actor)
    return case


def _refuse_unless_theirs_to_give(case: Case, actor: User) -> None:
    """Leads give any case, others those that are nobody's or their own."""
    if actor.has_perm(flow_selectors.LEAD):
        return
    if case.escalated_at is not None:
        raise NotAllowedError(_("This case was escalated. A lead decides it."))
    if case.assigned_to_id not in {None, actor.pk}:
        raise NotAllowedError(
            _(
                "This case is assigned to %(person)s. Ask them, or a lead, to hand it "
                "back."
            )
            % {"person": case.assigned_to}
        )


def _refuse_if_not_for(case: Case, person: User) -> None:
    """Keep a case from somebody who could not take it, once it is theirs."""
    if case.escalated_at is not None and not person.has_perm(flow_selectors.LEAD):
        raise InvalidDecisionError(
            _("This case was escalated. Choose somebody who may reopen cases.")
        )
    if quality_selectors.reason_not_to_review(case, person):
        raise InvalidDecisionError(
            _("%(person)s is not the one to decide this case. Choose somebody else.")
            % {"person": person}
        )
    decided = Decision.objects.filter(decided_by=person)
    if (
        decided.filter(case=case, withdrawn_at=None).exists()
        or decided.filter(case=case.original_id).exists()
    ):
        raise InvalidDecisionError(
            _("%(person)s has decided about this picture already.") % {"person": person}
        )


def _person_called(username: str, actor: User) -> User | None:
    people = flow_selectors.people_who_decide(actor.organization_id)
    return people.filter(username=username).first()


def _reason(because: str, missing: str) -> str:
    reason = because.replace("\0", "").strip()[:MAX_BECAUSE]
    if not reason:
        raise InvalidDecisionError(missing)
    return reason
