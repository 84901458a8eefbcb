"""People and their groups. Nobody can hand out, or take over, more than they hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import people
from accounts.grants import grantable_groups, holds_no_more_than
from accounts.models import User
from accounts.organizations import are_several
from accounts.signing_in.factors import reset_factors

if TYPE_CHECKING:
    from django.db.models import ForeignKey, ManyToManyField, QuerySet
    from django.forms import ModelMultipleChoiceField
    from django.http import HttpRequest, HttpResponse

ONLY_SUPERUSERS_SET = ("is_superuser", "user_permissions")


@admin.register(User)
class PersonAdmin(UserAdmin[User]):
    """Users, for administrators who are not superusers."""

    list_display = ("username", "email", "in_groups", "is_staff", "is_active")
    list_filter = ("is_active", "is_staff", "groups")
    # Django's own two-sided choice and halved dates have no names for screen readers.
    filter_horizontal = ()
    readonly_fields = ("last_login", "date_joined")
    actions = ("take_factors_away",)

    @admin.action(
        description=_("Take away second factors that were lost"),
        permissions=["change"],
    )
    def take_factors_away(self, request: HttpRequest, queryset: Any) -> None:
        """Leave the chosen people with their passwords; of nobody above the editor."""
        editor = editor_of(request)
        allowed = [user for user in queryset if holds_no_more_than(user, editor)]
        reset_factors(users=allowed, actor=editor)
        for user in queryset:
            if user in allowed:
                words = _("%(person)s signs in with the password alone now.")
                messages.success(request, words % {"person": user})
            else:
                words = _("%(person)s may do more than you.")
                messages.error(request, words % {"person": user})

    def get_queryset(self, request: HttpRequest) -> Any:
        """Load the groups that a row shows; superusers see every organization."""
        rows = super().get_queryset(request).prefetch_related("groups")
        if is_superuser(request):
            return rows
        return rows.filter(organization=editor_of(request).organization_id)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        """Let superusers choose whose a new person is."""
        sets = super().get_fieldsets(request, obj)
        if not is_superuser(request):
            return sets
        return (*sets, (None, {"fields": ("organization",)}))

    def get_readonly_fields(
        self, request: HttpRequest, obj: User | None = None
    ) -> tuple[str, ...]:
        """Lock what makes a superuser, except for superusers."""
        fixed = tuple(super().get_readonly_fields(request, obj))
        if obj is not None:
            fixed = (*fixed, "organization")  # what they have done stays there
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

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Take the first organization where none is chosen."""
        if db_field.name == "organization":
            kwargs["required"] = False
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

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

    def save_model(
        self,
        request: HttpRequest,
        obj: User,
        form: Any,
        change: bool,  # noqa: FBT001 - Django calls it so
    ) -> None:
        """Keep what was stored before, for the record."""
        form.state_before = people.state_of(obj)
        if not change and not is_superuser(request):
            obj.organization_id = editor_of(request).organization_id
        super().save_model(request, obj, form, change)

    def save_related(
        self,
        request: HttpRequest,
        form: Any,
        formsets: Any,
        change: bool,  # noqa: FBT001 - Django calls it so
    ) -> None:
        """Record who was made or changed, once the groups are stored, too."""
        super().save_related(request, form, formsets, change)
        people.record_person(
            person=form.instance, before=form.state_before, actor=editor_of(request)
        )

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,
        form_url: str = "",
    ) -> HttpResponse:
        """Record that a password was set."""
        with transaction.atomic():
            found = self.get_object(request, id)
            before = people.state_of(found)
            answer: HttpResponse = super().user_change_password(request, id, form_url)
            if found is not None and before is not None:
                found.refresh_from_db()
                people.record_person(
                    person=found, before=before, actor=editor_of(request)
                )
        return answer

    def delete_model(self, request: HttpRequest, obj: User) -> None:
        """Record who was deleted."""
        with transaction.atomic():
            before, owner = people.state_of(obj), obj.organization_id
            super().delete_model(request, obj)
            if before is not None:
                people.record_removal(
                    before=before, organization_id=owner, actor=editor_of(request)
                )

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """Delete the chosen ones, each on record."""
        for person in queryset:
            self.delete_model(request, person)

    @admin.display(description=_("groups"))
    def in_groups(self, user: User) -> str:
        """Name the groups."""
        return ", ".join(group.name for group in user.groups.all())


admin.site.unregister(Group)


@admin.register(Group)
class RecordedGroupAdmin(GroupAdmin):
    """Groups, with a record of what each may.

    They hold for all: where there are several organizations, superusers change them.
    """

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Leave it to superusers where others are concerned."""
        return super().has_add_permission(request) and _is_nobody_elses(request)

    def has_change_permission(
        self, request: HttpRequest, obj: Group | None = None
    ) -> bool:
        """Leave it to superusers where others are concerned."""
        may = super().has_change_permission(request, obj)
        return may and _is_nobody_elses(request)

    def has_delete_permission(
        self, request: HttpRequest, obj: Group | None = None
    ) -> bool:
        """Leave it to superusers where others are concerned."""
        may = super().has_delete_permission(request, obj)
        return may and _is_nobody_elses(request)

    def save_model(
        self,
        request: HttpRequest,
        obj: Group,
        form: Any,
        change: bool,  # noqa: FBT001 - Django calls it so
    ) -> None:
        """Keep what was stored before, for the record."""
        stored = Group.objects.filter(pk=obj.pk).first()
        form.state_before = people.state_of_group(stored) if stored else None
        super().save_model(request, obj, form, change)

    def save_related(
        self,
        request: HttpRequest,
        form: Any,
        formsets: Any,
        change: bool,  # noqa: FBT001 - Django calls it so
    ) -> None:
        """Record the change, once the permissions are stored, too."""
        super().save_related(request, form, formsets, change)
        people.record_group(
            before=form.state_before,
            after=people.state_of_group(form.instance),
            actor=editor_of(request),
        )

    def delete_model(self, request: HttpRequest, obj: Group) -> None:
        """Record what the deleted group might."""
        with transaction.atomic():
            before = people.state_of_group(obj)
            super().delete_model(request, obj)
            people.record_group(before=before, after=None, actor=editor_of(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Group]) -> None:
        """Delete the chosen ones, each on record."""
        for group in queryset:
            self.delete_model(request, group)


def change_own_password(request: HttpRequest) -> HttpResponse:
    """Show Django's page for one's own password, and put on record what it does."""
    with transaction.atomic():
        person = User.objects.filter(pk=editor_of(request).pk).first()
        before = people.state_of(person)
        answer: HttpResponse = admin.site.password_change(request)
        answer = answer.render() if hasattr(answer, "render") else answer
        if person is not None and before is not None:
            person.refresh_from_db()
            people.record_person(person=person, before=before, actor=person)
    return answer


def editor_of(request: HttpRequest) -> User:
    """Return who is signed in to the admin."""
    return cast("User", request.user)


def is_superuser(request: HttpRequest) -> bool:
    """Return whether the editor is not bound by permissions."""
    return editor_of(request).is_superuser


def _is_nobody_elses(request: HttpRequest) -> bool:
    return is_superuser(request) or not are_several()
