"""What people send with a case that they pass on, comment on or decide with others."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django import forms
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from moderation.forms import DecisionForm
from moderation.models import MAX_COMMENT, DecisionReason, Outcome
from moderation.services.transitions import MAX_BECAUSE

if TYPE_CHECKING:
    from collections.abc import Mapping

MAX_CHOSEN = 60
HOLD_HOURS = (
    ("", _("until somebody resumes it")),
    ("1", _("for an hour")),
    ("4", _("for four hours")),
    ("24", _("for a day")),
    ("72", _("for three days")),
    ("168", _("for a week")),
)


class TokenForm(forms.Form):
    """The token of a claim; nothing where none is held."""

    token = forms.UUIDField(required=False)


class BecauseForm(TokenForm):
    """Why a case is passed on."""

    because = forms.CharField(
        max_length=MAX_BECAUSE, error_messages={"required": _("Say why.")}
    )


class HoldForm(BecauseForm):
    """What a case waits for, and how long at most."""

    hours = forms.ChoiceField(choices=HOLD_HOURS, required=False)

    def until(self) -> datetime | None:
        """Return when the hold ends by itself."""
        hours = self.cleaned_data["hours"]
        return timezone.now() + timedelta(hours=int(hours)) if hours else None


class AssignForm(forms.Form):
    """Whom a case is for; nobody: it is handed back to all."""

    person = forms.CharField(required=False, max_length=150)


class CommentForm(forms.Form):
    """Something to say about a case."""

    text = forms.CharField(
        max_length=MAX_COMMENT,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Write something first.")},
    )


class FlowForm(forms.Form):
    """How to go on after a decision."""

    token = forms.UUIDField(required=False)
    prefer = forms.UUIDField(required=False)
    flow = forms.BooleanField(required=False)


class RelatedForm(DecisionForm):
    """One decision for several cases; ``cases`` names each with its analysis."""

    token = forms.UUIDField(required=False)
    confirm = forms.BooleanField(required=False)

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        self.chosen: Mapping[UUID, UUID | None] = {}

    @property
    def outcome_label(self) -> str:
        """Return the chosen outcome in words."""
        return str(Outcome(self.cleaned_data["outcome"]).label)

    @property
    def reason_label(self) -> str:
        """Return the chosen reason in words."""
        return str(DecisionReason(self.cleaned_data["reason"]).label)

    def clean(self) -> dict[str, Any]:
        """Read which cases were chosen."""
        cleaned = super().clean()
        sent = self.data
        values = sent.getlist("cases") if isinstance(sent, QueryDict) else []
        try:
            self.chosen = dict(_chosen(value) for value in values[:MAX_CHOSEN])
        except ValueError:
            self.add_error(None, gettext("Choose cases from the list."))
        else:
            if not values:
                self.add_error(None, gettext("Choose at least one related case."))
        return cleaned


def _chosen(value: str) -> tuple[UUID, UUID | None]:
    case, _colon, analysis = value.partition(":")
    return UUID(case), UUID(analysis) if analysis else None
