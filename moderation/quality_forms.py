"""What people send to have decisions checked."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from moderation.models import MAX_NOTE
from moderation.models.quality import MAX_APPEAL

PERIODS = (30, 90, 365)
DEFAULT_PERIOD = 90


class AppealForm(forms.Form):
    """Why a decision should be made again, and for whom."""

    because = forms.CharField(
        max_length=MAX_APPEAL,
        error_messages={"required": _("Say why the decision should be made again.")},
    )
    on_behalf_of = forms.CharField(max_length=255, required=False)
    external_id = forms.CharField(max_length=100, required=False)


class GoldenForm(forms.Form):
    """How one can tell what a picture is."""

    note = forms.CharField(
        max_length=MAX_NOTE,
        error_messages={
            "required": _(
                "Say how one can tell. Whoever gets the picture reads it afterwards."
            )
        },
    )


class AppealFilterForm(forms.Form):
    """Which appeals are listed."""

    state = forms.ChoiceField(
        label=_("Appeals"),
        required=False,
        choices=[
            ("", _("All")),
            ("open", _("Waiting for an answer")),
            ("upheld", _("Decision upheld")),
            ("overturned", _("Decision overturned")),
        ],
    )


class PeriodForm(forms.Form):
    """How far back the figures go."""

    days = forms.TypedChoiceField(
        coerce=int, choices=[(days, str(days)) for days in PERIODS]
    )

    @property
    def chosen(self) -> int:
        """Return the number of days, the usual one where none is given."""
        return self.cleaned_data["days"] if self.is_valid() else DEFAULT_PERIOD
