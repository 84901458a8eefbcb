"""Banks of known images: edited here, stored by the services that record it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.utils.translation import gettext_lazy as _

from forensics.admin.owned import OwnChoices, OwnedAdmin
from forensics.exchange import MAX_TAG, MAX_TAGS
from forensics.models import Bank, BankEntry
from forensics.services.known import check_entry
from moderation.named_forms import NamedForm
from moderation.services import (
    delete_bank,
    delete_bank_entry,
    save_bank,
    save_bank_entry,
)

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from accounts.models import User


class BankForm(NamedForm[Bank]):
    """A bank, called as no other one of its organization."""


@admin.register(Bank)
class BankAdmin(OwnedAdmin):
    """Lists of known images."""

    form = BankForm

    list_display = ("name", "purpose", "is_active", "entry_count", "created_at")
    list_filter = ("purpose", "is_active")
    fields = ("name", "purpose", "description", "is_active")
    search_fields = ("name",)

    def get_form(
        self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any
    ) -> Any:
        """Make new ones those of the editor's organization."""
        made: Any = super().get_form(request, obj, *args, **kwargs)
        made.owner = cast("User", request.user).organization_id
        return made

    def get_queryset(self, request: HttpRequest) -> QuerySet[Bank]:
        """Count the entries along."""
        banks: QuerySet[Bank] = super().get_queryset(request)
        return banks.annotate(held=Count("entries"))

    @admin.display(description=_("entries"), ordering="held")
    def entry_count(self, bank: Bank) -> int:
        """Show how many images it holds."""
        return int(getattr(bank, "held", 0))

    def save_model(
        self,
        request: HttpRequest,
        obj: Bank,
        form: Any,
        change: bool,  # noqa: FBT001 - Django calls it so
    ) -> None:
        """Store through the service, which records both versions."""
        save_bank(bank=obj, actor=cast("User", request.user))

    def delete_model(self, request: HttpRequest, obj: Bank) -> None:
        """Remove through the service, which records what it was."""
        delete_bank(bank=obj, actor=cast("User", request.user))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Bank]) -> None:
        """Remove the chosen ones, each through the service."""
        for bank in queryset:
            self.delete_model(request, bank)


class EntryForm(forms.ModelForm[BankEntry]):
    """An entry; what is wrong with its hashes is said beside them."""

    def clean(self) -> dict[str, Any]:
        """Hold the hashes to what the service demands."""
        cleaned = super().clean() or {}
        if not self.errors:
            hashes = {name: cleaned.get(name, "") for name in ("sha256", "pdq")}
            if not is_tag_list(cleaned.get("tags") or []):
                self.add_error("tags", _('Give a list of words, such as ["deepfake"].'))
            try:
                cleaned |= check_entry(
                    **hashes, organization_id=cleaned["bank"].organization_id
                )
            except ValidationError as problem:
                self.add_error(None, problem)
        return cleaned


def is_tag_list(tags: Any) -> bool:
    """Return whether this is a short list of short words."""
    return (
        isinstance(tags, list)
        and len(tags) <= MAX_TAGS
        and all(isinstance(tag, str) and len(tag) <= MAX_TAG for tag in tags)
    )


@admin.register(BankEntry)
class BankEntryAdmin(OwnedAdmin):
    """The images of banks."""

    owner = "bank__organization"
    form = EntryForm
    list_display = ("__str__", "bank", "source", "added_by_name", "added_at")
    list_filter = ("bank__purpose", ("bank", OwnChoices), "added_at")
    list_select_related = ("bank",)
    show_full_result_count = False
    search_fields = ("^sha256", "^pdq", "source")
    search_help_text = _("How a hash begins, or part of the source.")
    fields = ("bank", "sha256", "pdq", "source", "note", "tags", "added_by_name")
    readonly_fields = ("added_by_name",)

    def save_model(
        self,
        request: HttpRequest,
        obj: BankEntry,
        form: Any,
        change: bool,  # noqa: FBT001 - Django calls it so
    ) -> None:
        """Store through the service, which records it."""
        save_bank_entry(entry=obj, actor=cast("User", request.user))

    def delete_model(self, request: HttpRequest, obj: BankEntry) -> None:
        """Remove through the service, which records which it was."""
        delete_bank_entry(entry=obj, actor=cast("User", request.user))

    def delete_queryset(
        self, request: HttpRequest, queryset: QuerySet[BankEntry]
    ) -> None:
        """Remove the chosen ones, each through the service."""
        for entry in queryset.select_related("bank"):
            self.delete_model(request, entry)
