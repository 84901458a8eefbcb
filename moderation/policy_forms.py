"""Policies, back-tests and queues as forms. The conditions are rows beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from moderation import flow_selectors
from moderation.models import Policy, PolicyAction, PolicyVersion, Priority, Queue
from moderation.models.queues import DEFAULT_QUEUE, QueueOrder
from moderation.named_forms import NamedForm
from moderation.policy_selectors import queues_visible_to
from moderation.services.backtests import MOST_ANALYSES
from moderation.services.policies import DECIDING, Draft

if TYPE_CHECKING:
    from accounts.models import User

MAX_DESCRIPTION = 1000
SIZES = (100, 1000, MOST_ANALYSES)


class NameForm(NamedForm[Policy]):
    """What a policy is called."""

    description = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=MAX_DESCRIPTION,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    class Meta:
        model = Policy
        fields = ("name", "description")
        labels = {"name": _("Name")}


class DraftForm(forms.Form):
    """What a version does with an analysis that meets its conditions."""

    action = forms.ChoiceField(label=_("What happens"), choices=PolicyAction.choices)
    queue = forms.ModelChoiceField(
        label=_("Queue"),
        required=False,
        queryset=Queue.objects.none(),
        empty_label=_("As the queues' rules say"),
    )
    priority = forms.TypedChoiceField(
        label=_("Priority"),
        coerce=int,
        choices=Priority.choices[::-1],
        initial=Priority.NORMAL,
    )
    needs_approval = forms.BooleanField(
        label=_("A person approves what the policy decides"),
        required=False,
        initial=True,
    )
    note = forms.CharField(
        label=_("Why this version"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        queue: Any = self.fields["queue"]
        queue.queryset = queues_visible_to(user).filter(is_active=True)
        if not user.has_perm("moderation.automate_decisions"):
            self.fields["needs_approval"].disabled = True
            self.fields["needs_approval"].initial = True

    @classmethod
    def of(cls, version: PolicyVersion, *, user: User) -> DraftForm:
        """Return the form filled with what a version says."""
        initial = {
            "action": version.action,
            "queue": version.queue,
            "priority": version.priority,
            "needs_approval": version.needs_approval,
            "note": version.note,
        }
        return cls(initial=initial, user=user)

    def draft(self, conditions: list[dict[str, object]]) -> Draft:
        """Return what was typed as the service takes it."""
        given = self.cleaned_data
        is_deciding = given["action"] in DECIDING
        return Draft(
            conditions=conditions,
            action=given["action"],
            queue=given["queue"],
            priority=given["priority"],
            needs_approval=given["needs_approval"] or not is_deciding,
            note=given["note"],
        )


class BacktestForm(forms.Form):
    """On how many of the last analyses a version is tested."""

    size = forms.IntegerField(
        label=_("Last analyses"),
        min_value=1,
        max_value=MOST_ANALYSES,
        initial=SIZES[1],
    )


class QueueForm(NamedForm[Queue]):
    """A queue; the shares are typed in percent."""

    order = forms.ChoiceField(label=_("What comes next"), choices=QueueOrder.choices)
    second_review_share = forms.FloatField(
        label=_("Second reviews, percent of the decisions"),
        min_value=0,
        max_value=100,
    )
    golden_share = forms.FloatField(
        label=_("Known answers mixed in, percent of the cases"),
        min_value=0,
        max_value=100,
    )
    members: Any = forms.ModelMultipleChoiceField(
        label=_("Members"),
        required=False,
        queryset=None,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Nobody ticked: everybody who decides cases may take them."),
    )

    class Meta:
        model = Queue
        fields = (
            "name",
            "description",
            "order",
            "due_minutes",
            "second_review_share",
            "golden_share",
            "members",
        )
        labels = {
            "name": _("Name"),
            "description": _("Description"),
            "due_minutes": _("Due after minutes (empty: never)"),
        }
        help_texts = {
            "due_minutes": _("empty: never overdue"),
        }
        widgets = {"description": forms.Textarea(attrs={"rows": 2})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        members: Any = self.fields["members"]
        members.queryset = flow_selectors.people_who_decide(
            self.instance.organization_id
        )
        self.fields["description"].widget.attrs["maxlength"] = MAX_DESCRIPTION
        for name in ("second_review_share", "golden_share"):
            self.initial[name] = round(getattr(self.instance, name) * 100, 4)
        if self.instance.pk:
            self.initial["members"] = self.instance.members.all()

    def clean_second_review_share(self) -> float:
        """Return the share, not the percentage."""
        return float(self.cleaned_data["second_review_share"]) / 100

    def clean_golden_share(self) -> float:
        """Return the share, not the percentage."""
        return float(self.cleaned_data["golden_share"]) / 100

    def clean_description(self) -> str:
        """Refuse a novel."""
        text = str(self.cleaned_data["description"])
        if len(text) > MAX_DESCRIPTION:
            raise forms.ValidationError(
                _("At most %(most)d characters.") % {"most": MAX_DESCRIPTION}
            )
        return text

    def queue(self, conditions: list[dict[str, object]]) -> Queue:
        """Return the queue as typed; a new one gets its short word from its name."""
        queue = self.instance
        queue.conditions = conditions
        if not queue.slug:
            queue.slug = free_slug(queue.name, queue.organization_id)
        return queue


class CloseForm(forms.Form):
    """Where the cases of a queue go that is closed."""

    into = forms.ModelChoiceField(
        label=_("Move its cases to"),
        queryset=Queue.objects.none(),
        empty_label=None,
    )

    def __init__(self, *args: Any, queue: Queue, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        into: Any = self.fields["into"]
        into.queryset = Queue.objects.filter(
            is_active=True, organization=queue.organization_id
        ).exclude(pk=queue.pk)
        self.initial["into"] = into.queryset.filter(slug=DEFAULT_QUEUE).first()


def free_slug(name: str, organization_id: int | None) -> str:
    """Return a short word for addresses that no other queue of theirs has."""
    start = slugify(name)[:40] or "queue"
    slug, number = start, 1
    queues = Queue.objects.filter(organization=organization_id)
    while queues.filter(slug=slug).exists():
        number += 1
        slug = f"{start}-{number}"
    return slug
