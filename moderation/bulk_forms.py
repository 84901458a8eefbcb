"""What a bulk action needs to know, and the proof that it was confirmed as shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from django import forms
from django.core import signing
from django.utils.translation import gettext_lazy as _

from moderation.bulk_plan import BulkAction
from moderation.flow_selectors import people_who_decide
from moderation.forms import DecisionForm
from moderation.models import Priority
from moderation.policy_selectors import queues_visible_to
from moderation.tag_names import MAX_TAG, tag_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from accounts.models import User
    from moderation.models import Case

_SALT = "pixelwarden.bulk"
LIFETIME_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Shown:
    """What a confirmation page showed: an action, cases and their evidence."""

    key: UUID
    action: str
    cases: dict[UUID, UUID | None]


def sign(action: str, cases: Iterable[Case], user: User) -> str:
    """Return a mark of what is shown to this person, with a key that is used once."""
    shown = [[c.pk.hex, c.analysis_id.hex if c.analysis_id else ""] for c in cases]
    return signing.dumps(
        [uuid4().hex, user.pk, action, shown], salt=_SALT, compress=True
    )


def read(mark: str, user: User) -> Shown | None:
    """Return what was shown to this person, or None: forged, another's, too old."""
    try:
        key, owner, action, cases = signing.loads(
            mark, salt=_SALT, max_age=LIFETIME_SECONDS
        )
    except signing.BadSignature:
        return None
    if owner != user.pk:
        return None
    seen = {
        UUID(case): UUID(analysis) if analysis else None for case, analysis in cases
    }
    return Shown(UUID(key), action, seen)


class AssignAllForm(forms.Form):
    """Whose the cases will be."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = people_who_decide(user.organization_id)
        self.fields["person"] = forms.ModelChoiceField(
            queryset=people, to_field_name="username", label=_("Assign to")
        )


class PriorityForm(forms.Form):
    """How urgent the cases will be."""

    priority = forms.TypedChoiceField(
        label=_("New priority"), coerce=int, choices=Priority.choices[::-1]
    )


class QueueForm(forms.Form):
    """Where the cases will wait."""

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["queue"] = forms.ModelChoiceField(
            queryset=queues_visible_to(user).filter(is_active=True),
            to_field_name="slug",
            label=_("Move to"),
        )


class TagForm(forms.Form):
    """A tag for cases."""

    tag = forms.CharField(
        label=_("Tag"),
        max_length=MAX_TAG,
        help_text=_("Letters, digits, blanks and . : + # / -"),
        widget=forms.TextInput(attrs={"list": "known-tags", "autocomplete": "off"}),
    )

    def clean_tag(self) -> str:
        """Return the tag as it is kept."""
        name = tag_name(self.cleaned_data["tag"])
        if name is None:
            raise forms.ValidationError(
                _("Use letters, digits, blanks and . : + # / - only.")
            )
        return name


def form_for(action: str, *args: Any, user: User) -> forms.Form:
    """Return the form of an action, with what this person may choose."""
    form = FORMS[action]
    if form in {AssignAllForm, QueueForm}:
        return form(*args, user=user)
    return form(*args)


FORMS: dict[str, type[forms.Form]] = {
    BulkAction.ASSIGN: AssignAllForm,
    BulkAction.PRIORITY: PriorityForm,
    BulkAction.QUEUE: QueueForm,
    BulkAction.TAG: TagForm,
    BulkAction.UNTAG: TagForm,
    BulkAction.DECIDE: DecisionForm,
    BulkAction.RELEASE: forms.Form,
}
