"""The admin site's name, and what other packages put into it, made safe."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from django_tasks_db.admin import DBTaskResultAdmin
from django_tasks_db.models import DBTaskResult
from knox import admin as knox_admin
from knox.models import AuthToken

from accounts.admin import editor_of
from accounts.organizations import are_several
from accounts.tokens import revoke_token
from config import key_admin as _key_admin  # registers itself
from forensics.admin.base import ReadOnlyAdmin

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.http import HttpRequest

__all__ = ["JobAdmin", "TokenAdmin", "_key_admin"]

admin.site.site_header = _("Pixelwarden administration")
admin.site.site_title = "Pixelwarden"
admin.site.index_title = _("Everything that is stored")
admin.site.unregister(knox_admin.models.AuthToken)
admin.site.unregister(DBTaskResult)
# Of signing in, the admin shows people alone; factors are taken away there, not edited.
for _model in (Authenticator, EmailAddress, SocialAccount, SocialApp, SocialToken):
    admin.site.unregister(_model)


@admin.register(AuthToken)
class TokenAdmin(ReadOnlyAdmin):
    """API tokens: who has one, until when. Deleting one ends it at once."""

    owner = "user__organization"
    list_display = ("token_key", "user", "created", "expiry")
    list_select_related = ("user",)
    fields = readonly_fields = ("token_key", "user", "created", "expiry")
    search_fields = ("^token_key", "user__username")
    ordering = ("-created",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuthToken]:
        """Leave the tokens of superusers to superusers."""
        tokens: QuerySet[AuthToken] = super().get_queryset(request)
        if editor_of(request).is_superuser:
            return tokens
        return tokens.filter(user__is_superuser=False)

    def has_view_permission(
        self, request: HttpRequest, obj: AuthToken | None = None
    ) -> bool:
        """Let those who manage people see their tokens."""
        return editor_of(request).has_perm("accounts.change_user")

    def has_delete_permission(
        self, request: HttpRequest, obj: AuthToken | None = None
    ) -> bool:
        """Let those who manage people end their tokens."""
        return self.has_view_permission(request, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the heading to the same people."""
        return self.has_view_permission(request)

    def delete_model(self, request: HttpRequest, obj: AuthToken) -> None:
        """End one token."""
        revoke_token(obj, actor=editor_of(request))

    def delete_queryset(
        self, request: HttpRequest, queryset: QuerySet[AuthToken]
    ) -> None:
        """End the chosen tokens."""
        for token in queryset:
            revoke_token(token, actor=editor_of(request))


@admin.register(DBTaskResult)
class JobAdmin(DBTaskResultAdmin):
    """The task engine's rows, read-only as its own package has them."""

    def has_view_permission(
        self, request: HttpRequest, obj: Model | None = None
    ) -> bool:
        """Show them to whoever may see the workers.

        They name rows of every organization: where there are several, to superusers.
        """
        editor = editor_of(request)
        may = editor.has_perm("forensics.view_worker")
        return may and (editor.is_superuser or not are_several())

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the heading to the same people."""
        return self.has_view_permission(request)
