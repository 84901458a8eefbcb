"""What people say about keys on pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.grants import grantable_groups
from accounts.key_models import MAX_NAME, MOST_IMAGES, MOST_PER_MINUTE
from accounts.keys.scopes import Scope
from accounts.keys.selectors import accounts_visible_to
from accounts.keys.services import DEFAULT_OVERLAP_HOURS, SERVICE_GROUP, KeyPlan
from accounts.models import User

if TYPE_CHECKING:
    from accounts.keys.exceptions import KeyRefusedError

ENDS = [
    ("30", _("In 30 days")),
    ("90", _("In 90 days")),
    ("365", _("In a year")),
    ("", _("Never")),
]
OVERLAPS = [
    ("0", _("Ends at once")),
    ("1", _("Good for one more hour")),
    ("24", _("Good for one more day")),
    ("168", _("Good for one more week")),
    ("720", _("Good for 30 more days")),
]
_DEFAULT = KeyPlan(name="", scopes=())


class KeyForm(forms.Form):
    """A new key."""

    account = forms.ModelChoiceField(
        queryset=User.objects.none(), label=_("Service account")
    )
    name = forms.CharField(label=_("Name"), max_length=MAX_NAME)
    scopes = forms.MultipleChoiceField(
        label=_("May"), choices=Scope.choices, widget=forms.CheckboxSelectMultiple
    )
    days = forms.TypedChoiceField(
        label=_("Ends"),
        choices=ENDS,
        initial="365",
        required=False,
        coerce=int,
        empty_value=None,
    )
    per_minute = forms.IntegerField(
        label=_("Requests a minute"),
        min_value=1,
        max_value=MOST_PER_MINUTE,
        initial=_DEFAULT.per_minute,
    )
    burst = forms.IntegerField(
        label=_("Requests at once"),
        min_value=1,
        max_value=MOST_PER_MINUTE,
        initial=_DEFAULT.burst,
    )
    images_per_day = forms.IntegerField(
        label=_("Pictures a day"), required=False, min_value=1, max_value=MOST_IMAGES
    )
    images_per_month = forms.IntegerField(
        label=_("Pictures a month"), required=False, min_value=1, max_value=MOST_IMAGES
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        active = accounts_visible_to(user).filter(is_active=True)
        self.fields["account"].queryset = active  # type: ignore[attr-defined]

    def plan(self) -> KeyPlan:
        """Return what the service takes, once the form is valid."""
        values = dict(self.cleaned_data)
        del values["account"]
        return KeyPlan(**values)


class RotateForm(forms.Form):
    """For how long the secret before stays good."""

    overlap_hours = forms.TypedChoiceField(
        label=_("The secret it has now"),
        choices=OVERLAPS,
        initial=str(DEFAULT_OVERLAP_HOURS),
        coerce=int,
    )


class ServiceAccountForm(forms.Form):
    """A new service account."""

    username = forms.CharField(label=_("Name"), max_length=150)
    groups = forms.MultipleChoiceField(
        label=_("May what these groups may"),
        required=False,
        initial=[SERVICE_GROUP],
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = grantable_groups(user).order_by("name").values_list("name", flat=True)
        self.fields["groups"].choices = [(n, n) for n in names]  # type: ignore[attr-defined]


def refuse(form: forms.Form, error: KeyRefusedError) -> None:
    """Put what a service said beside the field that it is about."""
    place = error.field if error.field in form.fields else None
    form.add_error(place, ValidationError(str(error)))
