"""What a confirmed bulk action does: one transaction, through the services of one case.

A case that has changed since the confirmation is left out, and the result says why.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from moderation.bulk_plan import (
    LEAD_ACTIONS,
    MOST_AT_ONCE,
    BulkAction,
    reason_to_leave_out,
)
from moderation.exceptions import InvalidDecisionError, ModerationError
from moderation.flow_selectors import DECIDE, LEAD
from moderation.models import BulkChange, Decision
from moderation.services.audit import record
from moderation.services.claims import release_case
from moderation.services.decisions import Verdict, decide_case
from moderation.services.passing_on import assign_case
from moderation.services.permissions import require
from moderation.services.tags import checked_name, tag_case, untag_case
from moderation.services.transitions import lock_all
from moderation.services.triage import move_to_queue, set_priority

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from accounts.models import User
    from moderation.models import Case, Queue


@dataclass(frozen=True, slots=True)
class BulkOrder:
    """What was confirmed. Only what its action needs is set.

    ``cases`` names each case with the analysis that the confirmation showed.
    """

    key: UUID
    action: str
    cases: Mapping[UUID, UUID | None]
    username: str = ""
    priority: int | None = None
    queue: Queue | None = None
    tag: str = ""
    verdict: Verdict | None = None
    words: str = field(default="")

    def check(self) -> None:
        """Refuse what is not complete, before anything is locked."""
        needed: dict[str, object] = {
            BulkAction.ASSIGN: self.username,
            BulkAction.PRIORITY: self.priority,
            BulkAction.QUEUE: self.queue,
            BulkAction.TAG: self.tag,
            BulkAction.UNTAG: self.tag,
            BulkAction.DECIDE: self.verdict,
            BulkAction.RELEASE: True,
        }
        if not needed.get(self.action):
            raise InvalidDecisionError(_("Choose what to do."))
        if not 0 < len(self.cases) <= MOST_AT_ONCE:
            raise InvalidDecisionError(
                _("Choose 1 to %(limit)d cases.") % {"limit": MOST_AT_ONCE}
            )
        if self.tag:
            checked_name(self.tag)
        if self.verdict is not None:
            self.verdict.check()


def apply_bulk(*, order: BulkOrder, actor: User) -> BulkChange:
    """Do what was confirmed to every case that it still fits; once for each key.

    Raises
    ------
    NotAllowedError, InvalidDecisionError
        Nothing was changed.
    """
    require(actor, DECIDE, _("change cases"))
    if order.action in LEAD_ACTIONS:
        require(actor, LEAD, _("do this to several cases"))
    order.check()
    try:
        with transaction.atomic():
            return _apply(order, actor)
    except IntegrityError:
        # Sent twice at the same time: the first one's result is the result.
        done = BulkChange.objects.filter(pk=order.key, actor=actor).first()
        if done is None:
            raise
        return done


def _apply(order: BulkOrder, actor: User) -> BulkChange:
    done = BulkChange.objects.filter(pk=order.key, actor=actor).first()
    if done is not None:
        return done
    change = BulkChange(
        id=order.key,
        actor=actor,
        action=order.action,
        details={"words": order.words},
    )
    change.full_clean()
    change.save(force_insert=True)  # whoever sends the same meets this row
    for case in lock_all(order.cases):
        because = reason_to_leave_out(order.action, case, actor) or _try(
            order, case, actor
        )
        if because:
            change.left_out.append([str(case.pk), because])
        else:
            change.changed.append(str(case.pk))
    change.save()
    record(
        "bulk_changed",
        actor=actor,
        bulk=str(change.pk),
        action_done=order.action,
        what=order.words,
        changed=len(change.changed),
        left_out=len(change.left_out),
    )
    return change


def _try(order: BulkOrder, case: Case, actor: User) -> str:
    """Change one case, or nothing of it; return why not."""
    try:
        with transaction.atomic():
            _CHANGES[order.action](order=order, case=case, actor=actor)
    except ModerationError as error:
        return error.detail
    return ""


def _decide(*, order: BulkOrder, case: Case, actor: User) -> None:
    said = order.verdict
    if said is None:
        return
    decision = decide_case(
        case_id=case.pk,
        actor=actor,
        outcome=said.outcome,
        reason=said.reason,
        note=said.note,
        analysis_id=order.cases[case.pk],
    )
    # Taken back together, as they were made.
    Decision.objects.filter(pk=decision.pk).update(batch=order.key)


def _one(
    service: Callable[..., object], *names: str, **renamed: str
) -> Callable[..., None]:
    """Make a change from a service of one case and the parts of the order it takes."""

    def change(*, order: BulkOrder, case: Case, actor: User) -> None:
        values: dict[str, Any] = {name: getattr(order, name) for name in names}
        values |= {name: getattr(order, own) for name, own in renamed.items()}
        service(case_id=case.pk, actor=actor, **values)

    return change


_CHANGES: Mapping[str, Callable[..., None]] = {
    BulkAction.ASSIGN: _one(assign_case, "username"),
    BulkAction.PRIORITY: _one(set_priority, "priority"),
    BulkAction.QUEUE: _one(move_to_queue, "queue"),
    BulkAction.TAG: _one(tag_case, name="tag"),
    BulkAction.UNTAG: _one(untag_case, name="tag"),
    BulkAction.RELEASE: _one(release_case),
    BulkAction.DECIDE: _decide,
}
