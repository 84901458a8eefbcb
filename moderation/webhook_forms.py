"""Webhooks as forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from forensics.models import VERDICT_CHOICES, Door
from moderation.models import OrderKey
from moderation.models.webhooks import MAX_URL
from moderation.policy_selectors import queues_visible_to
from moderation.services.endpoints import EVENT_CHOICES, MOST_OVERLAP_HOURS, Wish
from moderation.webhook_states import DeliveryState

if TYPE_CHECKING:
    from accounts.models import User
    from moderation.models import WebhookEndpoint

OVERLAPS = (
    (0, _("none: the old secret ends now")),
    (24, _("a day")),
    (72, _("three days")),
    (MOST_OVERLAP_HOURS, _("a week")),
)


def _boxes(label: Any, choices: Any = (), help_text: Any = "") -> Any:
    return forms.MultipleChoiceField(
        label=label,
        choices=choices,
        required=False,
        help_text=help_text,
        widget=forms.CheckboxSelectMultiple,
    )


class EndpointForm(forms.Form):
    """What an endpoint shall be told, and where."""

    url = forms.CharField(
        label=_("Address"), max_length=MAX_URL, widget=forms.URLInput()
    )
    description = forms.CharField(
        label=_("Description"), max_length=200, required=False
    )
    order_by = forms.ChoiceField(
        label=_("What keeps its order"), choices=OrderKey.choices, required=False
    )
    event_types = _boxes(
        _("Events"),
        [(value, value) for value, _words in EVENT_CHOICES],
        _("None chosen: all."),
    )
    verdicts = _boxes(_("Verdicts"), VERDICT_CHOICES)
    sources = _boxes(_("Ways in"), Door.choices)
    queues = _boxes(_("Queues"))
    groups = ("event_types", "verdicts", "sources", "queues")

    def __init__(self, *args: Any, person: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rows = queues_visible_to(person).values_list("slug", "name")
        self.fields["queues"].choices = list(rows)  # type: ignore[attr-defined]

    @classmethod
    def of(cls, endpoint: WebhookEndpoint, person: User) -> EndpointForm:
        """Return the form with what is stored."""
        return cls(
            person=person,
            initial={
                "url": endpoint.url,
                "description": endpoint.description,
                "order_by": endpoint.order_by,
                "event_types": endpoint.event_types,
                **endpoint.filters,
            },
        )

    def wish(self) -> Wish:
        """Return what a valid form says."""
        said = self.cleaned_data
        return Wish(
            url=said["url"],
            description=said["description"],
            event_types=said["event_types"],
            order_by=said["order_by"],
            filters={name: said[name] for name in ("verdicts", "queues", "sources")},
        )

    def group_fields(self) -> list[forms.BoundField]:
        """Return the groups of boxes."""
        return [self[name] for name in self.groups]


class RotateForm(forms.Form):
    """How long the old secret signs along."""

    overlap_hours = forms.TypedChoiceField(
        label=_("Both secrets sign for"), coerce=int, choices=OVERLAPS, initial=24
    )


class SpanForm(forms.Form):
    """What to send again."""

    since = forms.DateTimeField(
        label=_("From (UTC)"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    until = forms.DateTimeField(
        label=_("Until (UTC)"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}),
    )
    failed_only = forms.BooleanField(
        label=_("Only what was given up"), required=False, initial=True
    )


class LogForm(forms.Form):
    """What to list of the log."""

    state = forms.ChoiceField(
        label=_("State"),
        choices=[("", _("all")), *DeliveryState.choices],
        required=False,
    )
