"""Making the people of a trial installation; storing what each has set."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.db import transaction

from accounts.models import Preferences, User
from accounts.people import record_person

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accounts.models import Organization

# One person for each face of the product; whether they may enter the Django admin.
DEMO_USERS: Mapping[str, bool] = {
    "moderator": False,
    "lead": True,
    "administrator": True,
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """A new person's way in, to be shown once."""

    username: str
    password: str


@transaction.atomic
def create_demo_users(*, password: str = "") -> list[Credentials]:
    """Make a moderator, a lead and an administrator; leave existing ones alone.

    Parameters
    ----------
    password : str, optional
        For all of them; by default each gets a random one.

    Raises
    ------
    ValidationError
        The password is too weak; nobody was made.
    """
    if password:
        validate_password(password)
    existing = set(
        User.objects.filter(username__in=DEMO_USERS).values_list("username", flat=True)
    )
    return [
        _create(name, password or secrets.token_urlsafe(12), is_staff=is_staff)
        for name, is_staff in DEMO_USERS.items()
        if name not in existing
    ]


def _create(name: str, password: str, *, is_staff: bool) -> Credentials:
    user = User.objects.create_user(username=name, password=password, is_staff=is_staff)
    user.groups.add(Group.objects.get(name=name))
    record_person(person=user, before=None, actor=None)
    return Credentials(name, password)


@transaction.atomic
def create_person(
    *, username: str, group: str, is_staff: bool, organization: Organization
) -> Credentials:
    """Make a person of an organization, with a random password.

    Raises
    ------
    ValidationError
        The user name is taken, or none.
    """
    password = secrets.token_urlsafe(12)
    user = User(username=username, is_staff=is_staff, organization=organization)
    user.set_password(password)
    user.full_clean()
    user.save(force_insert=True)
    user.groups.add(Group.objects.get(name=group))
    record_person(person=user, before=None, actor=None)
    return Credentials(username, password)


@transaction.atomic
def set_preferences(*, user: User, **values: Any) -> list[str]:
    """Store what a person has set; return the names of what is different now.

    Raises
    ------
    ValidationError
        A value cannot be.
    """
    Preferences.objects.get_or_create(user=user)
    own = Preferences.objects.select_for_update().get(user=user)
    changed = [name for name, value in values.items() if getattr(own, name) != value]
    if changed:
        for name in changed:
            setattr(own, name, values[name])
        own.full_clean(exclude=["user"])
        own.save(update_fields=changed)
        user.preferences = own
    return sorted(changed)
