"""What may be asked of the record; it lives in the address."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from moderation.audit_selectors import Filters
from moderation.audit_words import ACTIONS

MAX_POSITION = 2**62


class AuditFilterForm(forms.Form):
    """Filters of the record."""

    action = forms.ChoiceField(
        label=_("Action"),
        required=False,
        choices=[("", _("Any action")), *ACTIONS.items()],
    )
    person = forms.CharField(label=_("User name"), required=False, max_length=150)
    case = forms.UUIDField(label=_("Case"), required=False)
    image = forms.UUIDField(label=_("Image"), required=False)
    since = forms.DateTimeField(
        label=_("From (UTC)"),
        required=False,
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        ),
    )
    until = forms.DateTimeField(
        label=_("Before (UTC)"),
        required=False,
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"
        ),
    )
    before = forms.IntegerField(required=False, min_value=1, max_value=MAX_POSITION)
    after = forms.IntegerField(required=False, min_value=0, max_value=MAX_POSITION)

    def filters(self) -> Filters:
        """Return what is asked for; what is wrong narrows nothing and is said."""
        self.is_valid()
        asked = self.cleaned_data
        return Filters(
            actions=[asked["action"]] if asked.get("action") else [],
            person=asked.get("person") or "",
            case=asked.get("case"),
            image=asked.get("image"),
            since=asked.get("since"),
            until=asked.get("until"),
        )

    @property
    def shown(self) -> list[Any]:
        """Return the fields that a person fills in."""
        names = ("action", "person", "since", "until", "case", "image")
        return [self[name] for name in names]

    @property
    def is_narrowed(self) -> bool:
        """Return whether anything is asked for."""
        return self.filters() != Filters(actions=[])
