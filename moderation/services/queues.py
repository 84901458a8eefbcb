"""Queues: who works on what, in which order; every change on record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from forensics.language import retold
from moderation.exceptions import InvalidPolicyError
from moderation.models import Case, PolicyVersion, Queue, VersionState
from moderation.models.queues import DEFAULT_QUEUE
from moderation.policy_selectors import queues_visible_to
from moderation.rules import ConditionError, checked
from moderation.services.audit import record
from moderation.services.permissions import require
from moderation.states import UNDECIDED

if TYPE_CHECKING:
    from collections.abc import Collection

    from accounts.models import User

FIELDS = (
    "slug",
    "name",
    "description",
    "position",
    "is_active",
    "order",
    "due_minutes",
    "conditions",
    "second_review_share",
    "golden_share",
)


def save_queue(
    *, queue: Queue, actor: User, members: Collection[User] | None = None
) -> Queue:
    """Store a new or changed queue; ``members`` is whose it is, None: as before.

    Raises
    ------
    InvalidPolicyError
        The rules make no sense, or cases wait in a queue that is to be closed.
    NotAllowedError
        The person may not change queues.
    """
    is_new = queue._state.adding  # noqa: SLF001 - the documented name
    change = "add" if is_new else "change"
    require(actor, f"moderation.{change}_queue", _("change queues"))
    queue.conditions = _check(queue.conditions)
    with transaction.atomic():
        before = _lock(queue)
        if before is not None:
            queue.slug = before.slug  # addresses and policies know it by this word
        _refuse_to_lose_the_last_resort(queue)
        if before is not None and before.is_active and not queue.is_active:
            _refuse_while_in_use(queue)
        was = as_dict(before) if before else None
        queue.full_clean()
        queue.save()
        if members is not None:
            queue.members.set(members)
        record(
            "queue_created" if is_new else "queue_changed",
            actor=actor,
            organization_id=queue.organization_id,
            before=was,
            after=as_dict(queue),
        )
    return queue


def new_position(actor: User) -> int:
    """Return a place behind all queues but the one that catches the rest."""
    others = queues_visible_to(actor).exclude(slug=DEFAULT_QUEUE)
    highest = others.aggregate(highest=Max("position"))["highest"] or 0
    return int(highest) + 10


def move_queue(*, queue: Queue, up: bool, actor: User) -> None:
    """Let a queue's rules be tried one place earlier or later.

    The queue that catches the rest stays the last one.
    """
    require(actor, "moderation.change_queue", _("change queues"))
    with transaction.atomic():
        queues = list(
            Queue.objects.select_for_update()
            .filter(organization=queue.organization_id)
            .exclude(slug=DEFAULT_QUEUE)
            .order_by("position", "name")
        )
        slugs = [one.slug for one in queues]
        if queue.slug not in slugs:
            raise InvalidPolicyError(
                _("This queue catches what no rule sends elsewhere: it stays the last.")
            )
        at = slugs.index(queue.slug)
        to = at - 1 if up else at + 1
        if not 0 <= to < len(queues):
            return
        queues[at], queues[to] = queues[to], queues[at]
        for number, one in enumerate(queues, start=1):
            if one.position != number * 10:
                Queue.objects.filter(pk=one.pk).update(position=number * 10)
        record(
            "queues_reordered",
            actor=actor,
            organization_id=queue.organization_id,
            before=slugs,
            after=[one.slug for one in queues],
        )


def close_queue(*, queue: Queue, into: Queue, actor: User) -> int:
    """Move what waits in a queue into another one and close it; return how many.

    Raises
    ------
    InvalidPolicyError
        It catches the rest, a policy sends cases to it, or the other one is closed.
    """
    require(actor, "moderation.change_queue", _("change queues"))
    if queue.pk == into.pk or queue.organization_id != into.organization_id:
        raise InvalidPolicyError(_("Choose another queue for the cases."))
    with transaction.atomic():
        # In one order everywhere: none waits for another in a ring.
        chosen = Queue.objects.select_for_update().filter(pk__in=(queue.pk, into.pk))
        locked = {one.pk: one for one in chosen.order_by("pk")}
        closing, other = locked[queue.pk], locked[into.pk]
        if not other.is_active:
            raise InvalidPolicyError(
                _("The queue “%(queue)s” is closed itself.") % {"queue": other}
            )
        closing.is_active = False
        _refuse_to_lose_the_last_resort(closing)
        _refuse_policies_of(closing)
        moved = Case.objects.filter(queue=closing, status__in=UNDECIDED).update(
            queue=other
        )
        closing.save()
        record(
            "queue_closed",
            actor=actor,
            organization_id=queue.organization_id,
            queue=closing.slug,
            into=other.slug,
            moved=moved,
        )
    return moved


def as_dict(queue: Queue) -> dict[str, Any]:
    """Return what a queue is like, for the record."""
    members = queue.members.order_by("username").values_list("username", flat=True)
    return {name: getattr(queue, name) for name in FIELDS} | {"members": list(members)}


def _lock(queue: Queue) -> Queue | None:
    if queue._state.adding:  # noqa: SLF001 - the documented name
        return None
    return Queue.objects.select_for_update().get(pk=queue.pk)


def _check(conditions: object) -> list[dict[str, object]]:
    try:
        return [condition.as_json() for condition in checked(conditions)]
    except ConditionError as error:
        raise InvalidPolicyError(retold(str(error)), pointer=error.pointer) from error


def _refuse_to_lose_the_last_resort(queue: Queue) -> None:
    """Keep the queue that catches the rest open to every case, at any time."""
    if queue.slug != DEFAULT_QUEUE:
        return
    if not queue.is_active:
        raise InvalidPolicyError(
            _("This queue catches what no rule sends elsewhere: it cannot be closed.")
        )
    if queue.conditions:
        raise InvalidPolicyError(
            _("This queue catches what no rule sends elsewhere: it needs no rules.")
        )


def _refuse_while_in_use(queue: Queue) -> None:
    waiting = Case.objects.filter(queue=queue, status__in=UNDECIDED).count()
    if waiting:
        raise InvalidPolicyError(
            ngettext(
                "%(count)d case waits in this queue. Move it to another queue first.",
                "%(count)d cases wait in this queue. Move them to another queue first.",
                waiting,
            )
            % {"count": waiting}
        )
    _refuse_policies_of(queue)


def _refuse_policies_of(queue: Queue) -> None:
    """Keep policies from sending cases where nobody is handed them."""
    sending = PolicyVersion.objects.filter(queue=queue, state=VersionState.LIVE)
    first = sending.select_related("policy").first()
    if first is not None:
        raise InvalidPolicyError(
            _("The policy “%(policy)s” sends cases to this queue. Change it first.")
            % {"policy": first.policy}
        )
