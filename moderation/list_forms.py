"""What may be asked of the lists of cases and decisions; all of it in the address."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.db.models import OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from forensics.forms import FORMATS, search_field, user_id_of
from forensics.lists import DayField, ListForm, Sort, days
from forensics.models import VERDICT_CHOICES, Door
from forensics.narrowing import among, few, first_keys, matching
from forensics.search import search_visible_images
from moderation.models import (
    Case,
    CaseTag,
    Decision,
    DecisionReason,
    Outcome,
    Priority,
    Tag,
)
from moderation.policy_selectors import policies_visible_to, queues_visible_to
from moderation.states import CaseStatus
from moderation.tag_names import MAX_TAG, tag_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet
    from django.utils.functional import _StrPromise

    from accounts.models import User

    Words = str | _StrPromise

EVERY = "all"
TO_DECIDE = "to_decide"


class PercentField(forms.IntegerField):
    """A score as it is shown, 1 to 99."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, min_value=0, max_value=100, **kwargs)


def _choice(label: Words, anything: Words, choices: list[Any]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label, required=False, choices=[("", anything), *choices]
    )


class CaseListForm(ListForm):
    """Filters of the list of cases."""

    sorts: ClassVar[Mapping[str, Sort]] = {
        "urgent": Sort(_("Most urgent first"), ("-priority", "opened_at", "id")),
        "oldest": Sort(_("Oldest first"), ("opened_at", "id")),
        "newest": Sort(_("Newest first"), ("-opened_at", "-id")),
        "score": Sort(_("Highest score"), ("-machine_score", "-id"), "machine_score"),
        "score-low": Sort(_("Lowest score"), ("machine_score", "id"), "machine_score"),
        "due": Sort(_("Due next"), ("due_at", "id"), "due_at"),
    }
    more = (
        "priority",
        "outcome",
        "policy",
        "score_from",
        "score_to",
        "tag",
        "uploader",
        "door",
        "format",
        "opened_from",
        "opened_to",
        "received_from",
        "received_to",
    )

    q = search_field(_("Name, metadata, notes, tags"))
    queue = _choice(_("Queue"), _("Any queue"), [])
    status = _choice(
        _("State"), _("To decide"), [*CaseStatus.choices, (EVERY, _("All"))]
    )
    waiting = _choice(
        _("Waiting"),
        _("For anybody"),
        [
            ("mine", _("Claimed by me")),
            ("assigned", _("Assigned to me")),
            ("unclaimed", _("Claimed by nobody")),
            ("overdue", _("Overdue")),
            ("escalated", _("Escalated")),
            ("held", _("On hold")),
        ],
    )
    verdict = _choice(_("Verdict"), _("Any verdict"), VERDICT_CHOICES)
    priority = _choice(_("Priority"), _("Any priority"), Priority.choices[::-1])
    outcome = _choice(_("Decided as"), _("Anything"), Outcome.choices)
    policy = _choice(_("Policy"), _("Any policy"), [])
    score_from = PercentField(label=_("Score from, %"))
    score_to = PercentField(label=_("Score to, %"))
    tag = forms.CharField(label=_("Tag"), required=False, max_length=MAX_TAG)
    uploader = forms.CharField(
        label=_("Sent by (user name)"), required=False, max_length=150
    )
    door = _choice(_("Came through"), _("Any door"), Door.choices)
    format = _choice(_("Format"), _("Any format"), [(name, name) for name in FORMATS])
    opened_from = DayField(label=_("Opened from"))
    opened_to = DayField(label=_("Opened until"))
    received_from = DayField(label=_("Received from"))
    received_to = DayField(label=_("Received until"))

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, user=user, **kwargs)
        self._offer(
            "queue", list(queues_visible_to(user).values_list("slug", "name")[:200])
        )
        policies = policies_visible_to(user).values_list("id", "name")[:500]
        self._offer("policy", [(str(key), name) for key, name in policies])

    def apply(self, cases: QuerySet[Case], *, user: User) -> QuerySet[Case]:
        """Narrow the list; what does not validate leaves the default: to decide."""
        asked = self.asked
        cases = cases.filter(_with_status(asked.get("status", "")))
        if "waiting" in asked:
            cases = cases.filter(_waiting(asked["waiting"], user))
        cases = cases.filter(**_columns(asked))
        if "queue" in asked:
            found = queues_visible_to(user).filter(slug=asked["queue"])
            cases = cases.filter(queue__in=list(found.values_list("pk", flat=True)))
        if "tag" in asked:
            cases = cases.filter(_tagged(asked["tag"], user))
        if "uploader" in asked:
            cases = cases.filter(
                _if(user, uploader=user_id_of(asked["uploader"], user))
            )
        if received := days(
            "received_at", asked.get("received_from"), asked.get("received_to")
        ):
            cases = cases.filter(_if(user, **received))
        if "q" in asked:
            found_images = search_visible_images(asked["q"], user=user, key="image")
            cases = cases.filter(found_images)
        return cases

    def _offer(self, name: str, choices: list[Any]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = [*_first(field.choices), *choices]


def _first(choices: Any) -> list[Any]:
    return list(choices)[:1]


def _with_status(status: str) -> Q:
    """Return the condition by which one index answers, in the order of the list."""
    if status == EVERY:
        return Q()
    if status == CaseStatus.DECIDED:
        return Q(waits=False)
    if status in CaseStatus.values:
        return Q(waits=True, status=status)
    return Q(waits=True)


def _waiting(kind: str, user: User) -> Q:
    return {
        "mine": Q(claimed_by=user, status=CaseStatus.CLAIMED),
        "assigned": Q(assigned_to=user),
        "unclaimed": Q(status=CaseStatus.OPEN, assigned_to=None),
        "overdue": Q(due_at__lt=timezone.now(), waits=True),
        "escalated": Q(escalated_at__isnull=False),
        "held": Q(status=CaseStatus.HELD),
    }[kind]


def _columns(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Return the conditions on columns of the case itself."""
    columns = {
        "verdict": "machine_verdict",
        "priority": "priority",
        "outcome": "outcome",
        "policy": "policy",
        "door": "door",
        "format": "image_format",
    }
    found = {column: asked[name] for name, column in columns.items() if name in asked}
    found |= days("opened_at", asked.get("opened_from"), asked.get("opened_to"))
    # Shown without decimals: from 70 % includes what is shown as 70 %.
    if "score_from" in asked:
        found["machine_score__gte"] = asked["score_from"] / 100 - 0.005
    if "score_to" in asked:
        found["machine_score__lt"] = asked["score_to"] / 100 + 0.005
    return found


def _if(user: User, **conditions: Any) -> Q:
    """Return conditions of which the database must not guess how rare they are."""
    cases = Case.objects.filter(organization=user.organization_id, **conditions)
    found = first_keys(cases, "pk")
    return among(found) if len(found) <= few() else Q(**conditions)


def _tagged(text: str, user: User) -> Q:
    name = tag_name(text) or ""
    tags = Tag.objects.filter(name=name, organization=user.organization_id)
    tag = tags.values_list("pk", flat=True).first()
    if tag is None:
        return Q(pk__in=[])
    tagged = CaseTag.objects.filter(tag=tag)
    return matching(tagged, "case_id", probe=tagged.filter(case=OuterRef("pk")))


class DecisionListForm(ListForm):
    """Filters of the list of decisions."""

    sorts: ClassVar[Mapping[str, Sort]] = {
        "newest": Sort(_("Newest first"), ("-created_at", "-id")),
        "oldest": Sort(_("Oldest first"), ("created_at", "id")),
    }
    more = ("reason", "force", "made_from", "made_to")

    q = search_field(_("Name, metadata, notes, tags"))
    outcome = _choice(_("Decided as"), _("Anything"), Outcome.choices)
    verdict = _choice(_("Machine's verdict"), _("Any verdict"), VERDICT_CHOICES)
    against = _choice(
        _("Agreement"),
        _("Any"),
        [
            ("fake", _("Machine: fake, person: authentic")),
            ("authentic", _("Machine: authentic, person: fake")),
        ],
    )
    decided_by = forms.CharField(
        label=_("Decided by (user name)"), required=False, max_length=150
    )
    reason = _choice(_("Reason"), _("Any reason"), DecisionReason.choices)
    force = _choice(
        _("In force"),
        _("Any"),
        [("yes", _("In force")), ("no", _("Withdrawn"))],
    )
    made_from = DayField(label=_("Decided from"))
    made_to = DayField(label=_("Decided until"))

    def apply(self, decisions: QuerySet[Decision], *, user: User) -> QuerySet[Decision]:
        """Narrow the list; what does not validate narrows nothing."""
        asked = self.asked
        columns = {
            "outcome": "outcome",
            "verdict": "machine_verdict",
            "reason": "reason",
        }
        for name, column in columns.items():
            if name in asked:
                decisions = decisions.filter(**{column: asked[name]})
        if "against" in asked:
            decisions = decisions.filter(_AGAINST[asked["against"]])
        if "decided_by" in asked:
            decisions = decisions.filter(
                decided_by=user_id_of(asked["decided_by"], user)
            )
        if "force" in asked:
            decisions = decisions.filter(withdrawn_at__isnull=asked["force"] == "yes")
        if "q" in asked:
            found = search_visible_images(asked["q"], user=user, key="case__image")
            decisions = decisions.filter(found)
        return decisions.filter(
            **days("created_at", asked.get("made_from"), asked.get("made_to"))
        )


_AGAINST = {
    "fake": Q(machine_verdict="fake", outcome=Outcome.AUTHENTIC),
    "authentic": Q(machine_verdict="authentic", outcome=Outcome.FAKE),
}
