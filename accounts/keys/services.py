"""Writes: service accounts, their keys, rotation and revocation, all on record."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.grants import grantable_groups, holds_no_more_than
from accounts.key_models import MAX_NAME, MOST_IMAGES, MOST_PER_MINUTE, ApiKey, KeyPace
from accounts.keys import secret
from accounts.keys.exceptions import KeyNotAllowedError, KeyRefusedError
from accounts.keys.scopes import Scope, in_order, unknown
from accounts.keys.selectors import (
    MANAGE,
    KeyState,
    beyond,
    is_within,
    sees_as_much_as,
    state_of,
)
from accounts.models import DEFAULT_ORGANIZATION, User
from accounts.record import record

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


logger = logging.getLogger(__name__)

DEFAULT_DAYS, MAX_DAYS = 365, 1095
DEFAULT_OVERLAP_HOURS, MAX_OVERLAP_HOURS = 24, 720
MOST_KEYS = 100  # that hold at once, for one account
SERVICE_GROUP = "integrator"


@dataclass(frozen=True, slots=True)
class KeyPlan:
    """What a new key shall be: what it may do, for how long, and how often.

    Attributes
    ----------
    days : int or None
        It ends after so many days; None: it does not end.
    may_end_sooner : bool
        Nobody asked for ``days``: it ends with the key that makes it, if that is
        nearer.
    per_minute, burst : int
        Requests in the long run, and at once.
    images_per_day, images_per_month : int or None
        Pictures it may send (UTC); None: as many as it likes.
    """

    name: str
    scopes: Sequence[str]
    days: int | None = DEFAULT_DAYS
    per_minute: int = 600
    burst: int = 100
    images_per_day: int | None = None
    images_per_month: int | None = None
    may_end_sooner: bool = False


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key with its secret. ``secret`` exists here and nowhere else."""

    secret: str = field(repr=False)
    key: ApiKey


@transaction.atomic
def create_service_account(
    *,
    actor: User | None,
    username: str,
    groups: Sequence[str] = (SERVICE_GROUP,),
    through: ApiKey | None = None,
) -> User:
    """Make an account for a program: no password, no sign-in, only keys.

    Parameters
    ----------
    actor : User or None
        Who makes it, in their own organization; None at the command line.
    username : str
        Its name.
    groups : sequence of str, optional
        What it may do; each must hold no more than ``actor``.
    through : ApiKey or None, optional
        The key ``actor`` asks with, for the record.

    Raises
    ------
    KeyNotAllowedError
        ``actor`` may not.
    KeyRefusedError
        The name or a group cannot be.
    """
    _require_manager(actor)
    account = User(
        username=User.normalize_username(username),
        organization_id=actor.organization_id if actor else DEFAULT_ORGANIZATION,
        is_service=True,
    )
    account.set_unusable_password()
    try:
        account.full_clean()
    except ValidationError as error:
        raise KeyRefusedError(" ".join(error.messages), field="username") from error
    chosen = _given(groups, actor)
    account.save()
    account.groups.set(chosen)
    record(
        "service_account_created",
        actor=actor,
        person=account.username,
        groups=sorted(group.name for group in chosen),
        **_said_through(through),
    )
    return account


@transaction.atomic
def create_key(
    *,
    actor: User | None,
    account: User,
    plan: KeyPlan,
    through: ApiKey | None = None,
) -> IssuedKey:
    """Make a key for a service account; its secret is in the answer, and only there.

    Parameters
    ----------
    actor : User or None
        Who makes it; None at the command line.
    through : ApiKey or None, optional
        The key ``actor`` asks with: the new one may do no more, nor live longer.

    Raises
    ------
    KeyNotAllowedError
        ``actor`` may not make it: it could do more than they can.
    KeyRefusedError
        A value cannot be.
    """
    _require_manager(actor)
    _require_program(account)
    _check_values(plan)
    User.objects.select_for_update(of=("self",)).get(pk=account.pk)
    now, text = timezone.now(), secret.new_secret()
    if _held(account) >= MOST_KEYS:
        raise KeyRefusedError(
            _("%(account)s has %(most)s keys already. Revoke some first.")
            % {"account": account, "most": MOST_KEYS}
        )
    key = ApiKey(
        organization=account.organization,
        account=account,
        name=plan.name.strip(),
        public_id=secret.new_id(),
        secret_hash=secret.digest_of(text),
        scopes=in_order(plan.scopes),
        created_at=now,
        created_by=actor,
        expires_at=_end_of(plan, now, through),
        per_minute=plan.per_minute,
        burst=plan.burst,
        images_per_day=plan.images_per_day,
        images_per_month=plan.images_per_month,
    )
    _require_within(key, actor, through)
    key.full_clean()
    key.save(force_insert=True)
    KeyPace.objects.create(key=key)
    _on_record("key_created", key, actor, through, scopes=key.scopes)
    return IssuedKey(secret=secret.written(key.public_id, text), key=key)


@transaction.atomic
def rotate_key(
    *,
    actor: User | None,
    key: ApiKey,
    overlap_hours: int = DEFAULT_OVERLAP_HOURS,
    through: ApiKey | None = None,
) -> IssuedKey:
    """Give a key a new secret; the one before holds for ``overlap_hours`` more.

    An older one than that, still in its overlap, ends at once.

    Raises
    ------
    KeyNotAllowedError, KeyRefusedError
        As for `create_key`; or the key has ended.
    """
    if not 0 <= overlap_hours <= MAX_OVERLAP_HOURS:
        raise KeyRefusedError(
            _("Expected 0 to %(most)s hours. Received %(hours)s.")
            % {"most": MAX_OVERLAP_HOURS, "hours": overlap_hours},
            field="overlap_hours",
        )
    stored, text = _locked(key, actor, through), secret.new_secret()
    if state_of(stored) in {KeyState.REVOKED, KeyState.EXPIRED}:
        raise KeyRefusedError(
            _("%(key)s has ended. Make another key.") % {"key": stored}
        )
    ends = timezone.now() + timedelta(hours=overlap_hours)
    stored.previous_hash = stored.secret_hash if overlap_hours else ""
    stored.previous_ends_at = ends if overlap_hours else None
    stored.secret_hash = secret.digest_of(text)
    stored.full_clean()
    stored.save(
        update_fields=["secret_hash", "previous_hash", "previous_ends_at"],
    )
    _on_record("key_rotated", stored, actor, through, until=stored.previous_ends_at)
    return IssuedKey(secret=secret.written(stored.public_id, text), key=stored)


@transaction.atomic
def revoke_key(
    *, actor: User | None, key: ApiKey, through: ApiKey | None = None
) -> ApiKey:
    """End a key and each of its secrets at once. Twice is once.

    Raises
    ------
    KeyNotAllowedError
        ``actor`` may not.
    """
    stored = _locked(key, actor, through)
    if stored.revoked_at is not None:
        return stored
    stored.revoked_at = timezone.now()
    stored.previous_hash, stored.previous_ends_at = "", None
    stored.save(update_fields=["revoked_at", "previous_hash", "previous_ends_at"])
    _on_record("key_revoked", stored, actor, through)
    return stored


def _given(names: Sequence[str], actor: User | None) -> list[Group]:
    """Return the groups of these names; refuse those that ``actor`` cannot give."""
    grantable = grantable_groups(actor) if actor else Group.objects.all()
    chosen = list(grantable.filter(name__in=names))
    missing = sorted(set(names) - {group.name for group in chosen})
    if missing:
        raise KeyRefusedError(
            _(
                "You cannot give the groups %(groups)s: they are not there, or may "
                "more than you."
            )
            % {"groups": ", ".join(missing)[:200]},
            field="groups",
        )
    return chosen


def _end_of(plan: KeyPlan, now: datetime, through: ApiKey | None) -> datetime | None:
    if plan.days is None:
        return None
    ends = now + timedelta(days=plan.days)
    if plan.may_end_sooner and through is not None and through.expires_at is not None:
        return min(ends, through.expires_at)
    return ends


def _held(account: User) -> int:
    keys = ApiKey.objects.filter(account=account, revoked_at=None)
    return keys.exclude(expires_at__lte=timezone.now()).count()


def _locked(key: ApiKey, actor: User | None, through: ApiKey | None) -> ApiKey:
    """Lock a key, and check that it is theirs to change."""
    _require_manager(actor, through)
    rows = ApiKey.objects.select_related("account").select_for_update(of=("self",))
    stored = rows.get(pk=key.pk)
    if actor is not None and not is_within(stored, actor, through):
        raise KeyNotAllowedError(
            _("This key may do more than you. Ask somebody who may.")
        )
    return stored


def _require_manager(actor: User | None, through: ApiKey | None = None) -> None:
    if through is not None and through.is_outgoing:
        raise KeyNotAllowedError(
            _("The secret before the last one changes no keys. Use the new one.")
        )
    if actor is not None and not actor.has_perm(MANAGE):
        raise KeyNotAllowedError(
            _(
                "You may not manage keys. Ask an administrator to add you to a group "
                "that may."
            )
        )


def _require_program(account: User) -> None:
    if not account.is_service:
        raise KeyRefusedError(
            _(
                "%(account)s is a person. Keys belong to service accounts; people have "
                "tokens."
            )
            % {"account": account.username},
            field="account",
        )
    if not account.is_active:
        raise KeyRefusedError(
            _("%(account)s is switched off. Switch it on first.")
            % {"account": account.username},
            field="account",
        )


def _require_within(key: ApiKey, actor: User | None, through: ApiKey | None) -> None:
    """Refuse a key that could do more than whoever makes it."""
    if actor is None:
        return
    is_ours = key.organization_id == actor.organization_id
    holds_less = holds_no_more_than(key.account, actor)
    if not is_ours or not holds_less or not sees_as_much_as(actor, key.account):
        raise KeyNotAllowedError(
            _(
                "%(account)s may do more than you, or is not of your organization. Ask "
                "somebody who may."
            )
            % {"account": key.account.username}
        )
    if through is not None and (name := beyond(key, through)):
        raise KeyNotAllowedError(
            _(
                "A key makes no key with more than itself. Expected %(field)s within "
                "that of %(key)s."
            )
            % {"field": name, "key": through.prefix}
        )


def _check_values(plan: KeyPlan) -> None:
    name = plan.name
    if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise KeyRefusedError(
            _("Expected a name of 1 to %(most)s printable characters.")
            % {"most": MAX_NAME},
            field="name",
        )
    if strange := unknown(plan.scopes):
        raise KeyRefusedError(
            _("There is no scope %(unknown)s. Expected some of %(known)s.")
            % {"unknown": ", ".join(strange)[:100], "known": ", ".join(Scope.values)},
            field="scopes",
        )
    if not plan.scopes:
        raise KeyRefusedError(_("Expected one scope or more."), field="scopes")
    _check_range("days", plan.days, MAX_DAYS)
    _check_range("per_minute", plan.per_minute, MOST_PER_MINUTE)
    _check_range("burst", plan.burst, MOST_PER_MINUTE)
    _check_range("images_per_day", plan.images_per_day, MOST_IMAGES)
    _check_range("images_per_month", plan.images_per_month, MOST_IMAGES)


def _check_range(name: str, value: int | None, most: int) -> None:
    if value is not None and not 1 <= value <= most:
        raise KeyRefusedError(
            _("Expected 1 to %(most)s. Received %(value)s.")
            % {"most": f"{most:,}", "value": value},
            field=name,
        )


def _on_record(
    action: str,
    key: ApiKey,
    actor: User | None,
    through: ApiKey | None,
    **data: Any,
) -> None:
    """Put it on record, as the last step, and into the log."""
    logger.info("%s: %s of %s", action, key.prefix, key.account.username)
    record(
        action,
        actor=actor,
        person=key.account.username,
        key=key.prefix,
        name=key.name,
        expires=key.expires_at,
        organization_id=key.organization_id,
        **data,
        **_said_through(through),
    )


def _said_through(through: ApiKey | None) -> dict[str, Any]:
    """Return how the record names the key that somebody asked with, if one."""
    return {} if through is None else {"through": through.prefix}
