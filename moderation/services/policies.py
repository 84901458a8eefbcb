"""Writing policies: drafts, what is put to work, and a record of every change."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext as _

from forensics.language import retold
from moderation.exceptions import InvalidPolicyError, NotAllowedError
from moderation.models import (
    Policy,
    PolicyAction,
    PolicyVersion,
    Priority,
    VersionState,
)
from moderation.policy_selectors import policies_visible_to
from moderation.rules import ConditionError, checked
from moderation.services.audit import record
from moderation.services.permissions import require

if TYPE_CHECKING:
    from accounts.models import User
    from moderation.models import Queue

DECIDING = frozenset((PolicyAction.CLEAR, PolicyAction.MARK_FAKE))


@dataclass(frozen=True, slots=True)
class Draft:
    """What a version says. ``conditions`` is JSON, checked when it is stored."""

    conditions: list[dict[str, object]] = field(default_factory=list)
    action: str = PolicyAction.OPEN
    queue: Queue | None = None
    priority: int = Priority.NORMAL
    needs_approval: bool = True
    note: str = ""


def create_policy(
    *, name: str, description: str = "", draft: Draft | None = None, actor: User
) -> Policy:
    """Store a new policy with its first draft; nothing is at work yet."""
    require(actor, "moderation.add_policy", _("add policies"))
    with transaction.atomic():
        own = policies_visible_to(actor)
        highest = own.aggregate(highest=Max("position"))["highest"] or 0
        policy = Policy(
            organization=actor.organization,
            name=name.strip(),
            description=description,
            position=highest + 10,
        )
        policy.full_clean()
        policy.save(force_insert=True)
        version = _draft_of(policy, draft or Draft(), actor)
        after = {"name": policy.name} | as_dict(version)
        record("policy_created", actor=actor, policy=policy, after=after)
    return policy


def rename_policy(
    *, policy: Policy, name: str, description: str, actor: User
) -> Policy:
    """Change what a policy is called; what it does is said by its versions."""
    require(actor, "moderation.change_policy", _("change policies"))
    with transaction.atomic():
        locked = _lock(policy)
        before = {"name": locked.name, "description": locked.description}
        locked.name, locked.description = name.strip(), description
        locked.full_clean()
        locked.save()
        after = {"name": locked.name, "description": locked.description}
        record("policy_renamed", actor=actor, policy=locked, before=before, after=after)
    return locked


def move_policy(*, policy: Policy, position: int, actor: User) -> Policy:
    """Change when a policy is tried; the first one that holds acts."""
    require(actor, "moderation.change_policy", _("change policies"))
    with transaction.atomic():
        locked = _lock(policy)
        before, locked.position = locked.position, position
        locked.full_clean()
        locked.save()
        record(
            "policy_moved", actor=actor, policy=locked, before=before, after=position
        )
    return locked


def save_draft(*, policy: Policy, draft: Draft, actor: User) -> PolicyVersion:
    """Store what the next version shall say; a new draft, or the one there is.

    Raises
    ------
    InvalidPolicyError
        The conditions are none, with the place and what was expected.
    NotAllowedError
        The person may not change policies, or not let them decide by themselves.
    """
    require(actor, "moderation.change_policy", _("change policies"))
    with transaction.atomic():
        locked = _lock(policy)
        old = locked.versions.filter(state=VersionState.DRAFT).first()
        before = as_dict(old) if old else None
        version = _draft_of(locked, draft, actor, existing=old)
        record(
            "policy_drafted",
            actor=actor,
            policy=locked,
            before=before,
            after=as_dict(version),
        )
    return version


def discard_draft(*, policy: Policy, actor: User) -> None:
    """Throw the draft away; versions that were ever at work stay."""
    require(actor, "moderation.change_policy", _("change policies"))
    with transaction.atomic():
        locked = _lock(policy)
        draft = locked.versions.filter(state=VersionState.DRAFT).first()
        if draft is None:
            raise InvalidPolicyError(_("This policy has no draft."))
        before = as_dict(draft)
        draft.delete()
        record("policy_draft_discarded", actor=actor, policy=locked, before=before)


def publish(*, version: PolicyVersion, state: str, actor: User) -> PolicyVersion:
    """Put a version to work: in shadow, where it only notes, or live.

    The version that was there before is retired. A retired one is put back as a new
    version with the same words: the history tells what was at work when.
    """
    require(actor, "moderation.change_policy", _("change policies"))
    if state not in {VersionState.SHADOW, VersionState.LIVE}:
        raise InvalidPolicyError(_("A version is put to work in shadow or live."))
    with transaction.atomic():
        policy = _lock(version.policy)
        chosen = policy.versions.select_for_update().get(pk=version.pk)
        if chosen.state == VersionState.RETIRED:
            chosen = _copy(chosen, actor)
        _refuse_unapproved(chosen.action, chosen.needs_approval, actor)
        _check(chosen.conditions)
        _refuse_closed_queue(chosen)
        now = timezone.now()
        replaced = policy.versions.filter(state=state).exclude(pk=chosen.pk).first()
        if replaced is not None:
            replaced.state, replaced.retired_at = VersionState.RETIRED, now
            replaced.save()
        before = chosen.state
        chosen.state, chosen.activated_at = VersionState(state), now
        chosen.full_clean()
        chosen.save()
        record(
            "policy_published",
            actor=actor,
            policy=policy,
            version=chosen.number,
            before=before,
            after=state,
            replaced=replaced.number if replaced else None,
            says=as_dict(chosen),
        )
    return chosen


def retire(*, version: PolicyVersion, actor: User) -> PolicyVersion:
    """Take a version from its work."""
    require(actor, "moderation.change_policy", _("change policies"))
    with transaction.atomic():
        policy = _lock(version.policy)
        chosen = policy.versions.select_for_update().get(pk=version.pk)
        if chosen.state not in {VersionState.SHADOW, VersionState.LIVE}:
            raise InvalidPolicyError(_("This version is not at work."))
        before = chosen.state
        chosen.state, chosen.retired_at = VersionState.RETIRED, timezone.now()
        chosen.save()
        record(
            "policy_retired",
            actor=actor,
            policy=policy,
            version=chosen.number,
            before=before,
        )
    return chosen


def delete_policy(*, policy: Policy, actor: User) -> None:
    """Remove a policy that was never at work; others are retired instead."""
    require(actor, "moderation.delete_policy", _("delete policies"))
    with transaction.atomic():
        locked = _lock(policy)
        if locked.versions.exclude(state=VersionState.DRAFT).exists():
            raise InvalidPolicyError(
                _("This policy has been at work: retire it. Its history stays.")
            )
        before = {"name": locked.name, "description": locked.description}
        locked.versions.all().delete()
        record("policy_deleted", actor=actor, policy=locked, before=before)
        locked.delete()


def as_dict(version: PolicyVersion) -> dict[str, Any]:
    """Return what a version says, for the record."""
    return {
        "number": version.number,
        "conditions": version.conditions,
        "action": version.action,
        "queue": version.queue.slug if version.queue else None,
        "priority": version.priority,
        "needs_approval": version.needs_approval,
        "note": version.note,
    }


def _lock(policy: Policy) -> Policy:
    return Policy.objects.select_for_update().get(pk=policy.pk)


def _draft_of(
    policy: Policy, draft: Draft, actor: User, *, existing: PolicyVersion | None = None
) -> PolicyVersion:
    _refuse_unapproved(draft.action, draft.needs_approval, actor)
    _refuse_foreign_queue(policy, draft.queue)
    version = existing or PolicyVersion(policy=policy, number=_next_number(policy))
    version.conditions = _check(draft.conditions)
    version.action, version.queue = draft.action, draft.queue
    version.priority, version.note = draft.priority, draft.note.strip()
    version.needs_approval = draft.needs_approval
    version.created_by, version.created_by_name = actor, str(actor)
    version.full_clean()
    version.save()
    return version


def _copy(version: PolicyVersion, actor: User) -> PolicyVersion:
    copied = PolicyVersion(
        policy=version.policy,
        number=_next_number(version.policy),
        state=VersionState.RETIRED,
        conditions=version.conditions,
        action=version.action,
        queue=version.queue,
        priority=version.priority,
        needs_approval=version.needs_approval,
        note=f"As version {version.number}.",  # stored, so in English
        created_by=actor,
        created_by_name=str(actor),
    )
    copied.save(force_insert=True)
    return copied


def _refuse_foreign_queue(policy: Policy, queue: Queue | None) -> None:
    """Keep cases in their organization."""
    if queue is not None and queue.organization_id != policy.organization_id:
        raise InvalidPolicyError(_("There is no such queue."))


def _refuse_closed_queue(version: PolicyVersion) -> None:
    """Keep cases from going where nobody is handed them."""
    if version.queue is not None and not version.queue.is_active:
        raise InvalidPolicyError(
            _("The queue “%(queue)s” is closed. Choose another one in a draft.")
            % {"queue": version.queue}
        )


def _next_number(policy: Policy) -> int:
    highest = policy.versions.aggregate(highest=Max("number"))["highest"]
    return (highest or 0) + 1


def _check(conditions: object) -> list[dict[str, object]]:
    try:
        return [condition.as_json() for condition in checked(conditions)]
    except ConditionError as error:
        raise InvalidPolicyError(retold(str(error)), pointer=error.pointer) from error


def _refuse_unapproved(action: str, needs_approval: object, actor: User) -> None:
    """Keep the switch that spares the approver to those who may use it."""
    if needs_approval or action not in DECIDING:
        return
    if not actor.has_perm("moderation.automate_decisions"):
        raise NotAllowedError(
            _(
                "You may not let a policy decide without an approver. Ask an "
                "administrator, or have a person approve."
            )
        )
