"""Policies: edited in plain fields, stored by the service that records what changed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.contrib import admin

from forensics.models import VERDICT_CHOICES
from moderation.models import Policy
from moderation.services import delete_policy, save_policy

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from accounts.models import User

CODE = re.compile(r"[a-z][a-z0-9_]{0,63}")
MAX_CODES = 100


class CodesField(forms.CharField):
    """Stable words, one on a line."""

    widget = forms.Textarea(attrs={"rows": 4})

    def prepare_value(self, value: Any) -> Any:
        """Write a list as lines."""
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:
        """Read lines as a list, each word once."""
        words = str(super().clean(value) or "").replace(",", "\n").split()
        wrong = [word for word in words if not CODE.fullmatch(word)]
        if wrong:
            raise forms.ValidationError(
                f"{wrong[0][:64]!r} is no code: use words such as 'ai_generated', "
                "one on a line."
            )
        if len(words) > MAX_CODES:
            raise forms.ValidationError(f"At most {MAX_CODES} codes.")
        return list(dict.fromkeys(words))


class PolicyForm(forms.ModelForm[Policy]):
    """The conditions as fields."""

    verdicts = forms.MultipleChoiceField(
        choices=VERDICT_CHOICES,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Any of these. None ticked: any verdict.",
    )
    codes = CodesField(
        required=False,
        help_text="Any of these codes, one on a line. Empty: any finding.",
    )
    min_score = forms.FloatField(
        required=False,
        min_value=0.01,
        max_value=0.99,
        label="Score at least",
        help_text="0.01 to 0.99. Empty: any score.",
    )

    class Meta:
        model = Policy
        fields = (
            "name",
            "description",
            "is_active",
            "verdicts",
            "codes",
            "min_score",
            "priority",
        )


@admin.register(Policy)
class PolicyAdmin(admin.ModelAdmin[Policy]):
    """When an analysis opens a case."""

    form = PolicyForm
    list_display = ("name", "is_active", "priority", "conditions", "updated_at")
    list_filter = ("is_active", "priority")

    def save_model(
        self,
        request: HttpRequest,
        obj: Policy,
        form: Any,
        change: bool,  # noqa: FBT001 - Django calls it so
    ) -> None:
        """Store through the service, which records both versions."""
        save_policy(policy=obj, actor=cast("User", request.user))

    def delete_model(self, request: HttpRequest, obj: Policy) -> None:
        """Remove through the service, which records what it said."""
        delete_policy(policy=obj, actor=cast("User", request.user))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Policy]) -> None:
        """Remove the chosen ones, each through the service."""
        for policy in queryset:
            delete_policy(policy=policy, actor=cast("User", request.user))

    @admin.display(description="conditions")
    def conditions(self, policy: Policy) -> str:
        """Show what must hold."""
        parts = [
            f"verdict {' or '.join(policy.verdicts)}" if policy.verdicts else "",
            f"finds {' or '.join(policy.codes)}" if policy.codes else "",
            ""
            if policy.min_score is None
            else f"score at least {policy.min_score:.0%}",
        ]
        return ", and ".join(part for part in parts if part) or "every analysis"
