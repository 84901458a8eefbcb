"""What is put on record about people: who may what, who was made or removed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts.models import User
from accounts.record import record

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.contrib.auth.models import Group

State = dict[str, Any]
FIELDS = ("username", "first_name", "last_name", "email")
FLAGS = ("is_active", "is_staff", "is_superuser")


def state_of(person: User | None) -> State | None:
    """Return what the record keeps of a stored person; None while there is none."""
    if person is None or person.pk is None:
        return None
    stored = User.objects.filter(pk=person.pk).first()
    if stored is None:
        return None
    return {
        **{name: getattr(stored, name) for name in (*FIELDS, *FLAGS)},
        "organization": str(stored.organization),
        "groups": sorted(stored.groups.values_list("name", flat=True)),
        "permissions": _names(stored.user_permissions),
        # Never the password, nor its hash: only that it is another one.
        "password": stored.password,
    }


def state_of_group(group: Group) -> State:
    """Return what the record keeps of a stored group."""
    return {"name": group.name, "permissions": _names(group.permissions)}


def _names(permissions: Any) -> list[str]:
    rows = permissions.values_list("content_type__app_label", "codename")
    return sorted(f"{app}.{name}" for app, name in rows)


def record_person(*, person: User, before: State | None, actor: User | None) -> None:
    """Record that a person was made, or what was changed about them.

    Parameters
    ----------
    person : User
        As stored now.
    before : mapping or None
        What ``state_of`` returned before; None of a new one.
    actor : User or None
        Who did it; None at the command line.
    """
    after = state_of(person)
    if after is None:
        return
    if before is None:
        said = {name: value for name, value in after.items() if name != "password"}
        record(
            "person_created",
            actor=actor,
            organization_id=person.organization_id,
            person=person.username,
            after=said,
        )
        return
    has_new_password = before["password"] != after["password"]
    changed = [n for n in after if n != "password" and before[n] != after[n]]
    if changed:
        record(
            "person_changed",
            actor=actor,
            organization_id=person.organization_id,
            person=person.username,
            before={name: before[name] for name in changed},
            after={name: after[name] for name in changed},
        )
    if has_new_password:
        record(
            "password_set",
            actor=actor,
            organization_id=person.organization_id,
            person=person.username,
            is_usable=person.has_usable_password(),
        )


def record_removal(
    *, before: Mapping[str, Any], organization_id: int | None, actor: User | None
) -> None:
    """Record that a person was deleted, and who it was."""
    said = {name: value for name, value in before.items() if name != "password"}
    record(
        "person_deleted",
        actor=actor,
        organization_id=organization_id,
        person=before["username"],
        before=said,
    )


def record_group(
    *, after: State | None, before: State | None, actor: User | None
) -> None:
    """Record that a group was made, changed or deleted, if anything is different."""
    if before == after:
        return
    action = "group_changed"
    if before is None:
        action = "group_created"
    elif after is None:
        action = "group_deleted"
    record(action, actor=actor, before=before, after=after)
