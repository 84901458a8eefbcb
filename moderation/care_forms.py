"""What a person sets about pictures, and what administrators set for all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts.models import Organization

if TYPE_CHECKING:
    from accounts.models import Preferences, User

MINUTES = (20, 30, 45, 60, 90)
_YES_NO = {"": None, "yes": True, "no": False}


class OwnChoiceField(forms.TypedChoiceField):
    """Yes, no, or whatever the organization has set."""

    def __init__(self, *, yes: Any, no: Any, **kwargs: Any) -> None:
        super().__init__(
            required=False,
            choices=[("", _("As the organization sets it")), ("yes", yes), ("no", no)],
            coerce=lambda value: _YES_NO[value],
            empty_value=None,
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        """Write what is stored as a choice."""
        if value is None or isinstance(value, bool):
            return next(name for name, one in _YES_NO.items() if one is value)
        return value


class CareForm(forms.Form):
    """One's own choices; an empty one follows the organization, or the browser."""

    blur = OwnChoiceField(label=_("Blur"), yes=_("Blurred"), no=_("Not blurred"))
    grayscale = OwnChoiceField(
        label=_("Color"), yes=_("Without color"), no=_("In color")
    )
    break_minutes = forms.TypedChoiceField(
        label=_("Suggest a break"), required=False, coerce=int, empty_value=None
    )
    language = forms.ChoiceField(label=_("Language"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        every = [
            (
                minutes,
                ngettext(
                    "After %(minutes)s minute of reviewing",
                    "After %(minutes)s minutes of reviewing",
                    minutes,
                )
                % {"minutes": minutes},
            )
            for minutes in MINUTES
        ]
        # Fields are copied for each form, so that no language stays from before.
        self.fields["break_minutes"].choices = [("", _("Never")), *every]  # type: ignore[attr-defined]
        self.fields["language"].choices = [  # type: ignore[attr-defined]
            ("", _("As the browser asks")),
            *settings.LANGUAGES,
        ]

    @classmethod
    def of(cls, own: Preferences | None) -> CareForm:
        """Return the form with what is stored."""
        return cls(initial={name: getattr(own, name, None) for name in cls.base_fields})


class OrganizationForm(forms.ModelForm[Organization]):
    """What holds for everybody who has not chosen."""

    class Meta:
        model = Organization
        fields = ("blur_by_default", "grayscale_by_default")
        labels = {
            "blur_by_default": _("Blur pictures until they are revealed"),
            "grayscale_by_default": _("Show pictures without color"),
        }
        help_texts = {"blur_by_default": "", "grayscale_by_default": ""}


def organization_of(user: User) -> Organization:
    """Return a fresh copy: a form that is refused must not change the person's."""
    return Organization.objects.get(people=user)
