"""Who holds more than whom: nobody can hand out, or take over, more than they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth.models import Group, Permission
from django.db.models import Q

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from accounts.models import User


def holds_no_more_than(user: User, editor: User) -> bool:
    """Compare what two people may do, whether or not they are switched on."""
    if editor.is_superuser:
        return True
    if user.is_superuser:
        return False
    return not _held_by(user).exclude(pk__in=_held_by(editor)).exists()


def grantable_groups(editor: User) -> QuerySet[Group]:
    """Return the groups all of whose permissions the editor holds."""
    if editor.is_superuser:
        return Group.objects.all()
    beyond = Permission.objects.exclude(pk__in=_held_by(editor))
    return Group.objects.exclude(permissions__in=beyond)


def _held_by(user: User) -> QuerySet[Permission]:
    return Permission.objects.filter(Q(group__user=user) | Q(user=user)).distinct()
