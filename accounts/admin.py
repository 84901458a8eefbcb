"""People and their groups. Nobody can hand out, or take over, more than they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group, Permission
from django.db.models import Q

from accounts.models import User

if TYPE_CHECKING:
    from django.db.models import ManyToManyField
    from django.forms import ModelMultipleChoiceField
    from django.http import HttpRequest

ONLY_SUPERUSERS_SET = ("is_superuser", "user_permissions")


@admin.register(User)
class PersonAdmin(UserAdmin[User]):
    """Users, for administrators who are not superusers."""

    list_display = ("username", "email", "in_groups", "is_staff", "is_active")
    list_filter = ("is_active", "is_staff", "groups")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Load the groups that a row shows in one query."""
        return super().get_queryset(request).prefetch_related("groups")

    def get_readonly_fields(
        self, request: HttpRequest, obj: User | None = None
    ) -> tuple[str, ...]:
        """Lock what makes a superuser, except for superusers."""
        fixed = tuple(super().get_readonly_fields(request, obj))
        return fixed if is_superuser(request) else (*fixed, *ONLY_SUPERUSERS_SET)

    def has_change_permission(
        self, request: HttpRequest, obj: User | None = None
    ) -> bool:
        """Refuse to touch, or set the password of, somebody who may more."""
        may = super().has_change_permission(request, obj)
        return may and (obj is None or holds_no_more_than(obj, editor_of(request)))

    def has_delete_permission(
        self, request: HttpRequest, obj: User | None = None
    ) -> bool:
        """Leave deletion to superusers; a left colleague is switched off instead."""
        return is_superuser(request)

    def formfield_for_manytomany(
        self,
        db_field: ManyToManyField[Any, Any],
        request: HttpRequest,
        **kwargs: Any,
    ) -> ModelMultipleChoiceField[Any] | None:
        """Offer only groups that may no more than the editor."""
        if db_field.name == "groups" and not is_superuser(request):
            kwargs["queryset"] = grantable_groups(editor_of(request))
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @admin.display(description="groups")
    def in_groups(self, user: User) -> str:
        """Name the groups."""
        return ", ".join(group.name for group in user.groups.all())


def editor_of(request: HttpRequest) -> User:
    """Return who is signed in to the admin."""
    return cast("User", request.user)


def is_superuser(request: HttpRequest) -> bool:
    """Return whether the editor is not bound by permissions."""
    return editor_of(request).is_superuser


def holds_no_more_than(user: User, editor: User) -> bool:
    """Compare what two people may do, whether or not they are switched on."""
    if editor.is_superuser:
        return True
    if user.is_superuser:
        return False
    return not _held_by(user).exclude(pk__in=_held_by(editor)).exists()


def grantable_groups(editor: User) -> Any:
    """Return the groups all of whose permissions the editor holds."""
    beyond = Permission.objects.exclude(pk__in=_held_by(editor))
    return Group.objects.exclude(permissions__in=beyond)


def _held_by(user: User) -> Any:
    return Permission.objects.filter(Q(group__user=user) | Q(user=user)).distinct()
