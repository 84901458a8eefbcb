"""What can be done with cases in the admin: one table, by the services, asked first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from moderation import services
from moderation.abilities import abilities
from moderation.exceptions import ModerationError
from moderation.flow_forms import AssignForm, BecauseForm, HoldForm
from moderation.forms import DecisionForm, ReopenForm
from moderation.states import CaseStatus

if TYPE_CHECKING:
    from django import forms

    from accounts.models import User
    from moderation.models import Case

DECIDE, REOPEN = "decide_case", "reopen_case"
# Superusers see the cases of all, and decide those of their own.
ELSEWHERE = _("This case belongs to another organization.")
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Transition:
    """One thing that can be done with a case.

    Parameters
    ----------
    name : str
        In the address; also the name in ``Abilities`` that says whether it can be done.
    label : str
        On the button.
    effect : str
        What will happen, in words.
    done : str
        What is said afterwards.
    permission : str
        The permission of this app that it needs at least.
    call : callable
        Calls the service with the case, the person and the form's values.
    form : type of Form or None
        What is asked for.
    is_bulk : bool
        Whether it can be done with many at once.
    """

    name: str
    label: Any
    effect: Any
    done: Any
    permission: str
    call: Callable[[Case, User, Values], object]
    form: type[forms.Form] | None = None
    is_bulk: bool = True


def _decide(case: Case, actor: User, values: Values) -> object:
    return services.decide_case(
        case_id=case.pk,
        actor=actor,
        analysis_id=values["analysis"],
        **{name: values[name] for name in ("outcome", "reason", "note")},
    )


TRANSITIONS = (
    Transition(
        "decide",
        _("Decide"),
        _("The decision is recorded in your name."),
        _("Decided."),
        DECIDE,
        _decide,
        DecisionForm,
        is_bulk=False,  # each picture is looked at before it is decided about
    ),
    Transition(
        "claim",
        _("Claim"),
        _("Nobody else can decide it while you work on it."),
        _("The case is yours now."),
        DECIDE,
        lambda case, actor, _v: services.claim_case(case_id=case.pk, actor=actor),
        is_bulk=False,
    ),
    Transition(
        "release",
        _("Release"),
        _("The claim ends, and the case waits for anybody."),
        _("The case is free again."),
        DECIDE,
        lambda case, actor, _v: services.release_case(case_id=case.pk, actor=actor),
    ),
    Transition(
        "hold",
        _("Put on hold"),
        _("The case waits, and is offered to nobody until then."),
        _("The case is on hold."),
        DECIDE,
        lambda case, actor, values: services.hold_case(
            case_id=case.pk,
            actor=actor,
            because=values["because"],
            until=values["until"],
        ),
        HoldForm,
    ),
    Transition(
        "resume",
        _("End the hold"),
        _("The case goes back to its queue."),
        _("The case is back in the queue."),
        DECIDE,
        lambda case, actor, _v: services.resume_case(case_id=case.pk, actor=actor),
    ),
    Transition(
        "escalate",
        _("Escalate"),
        _("Only leads can decide it from then on."),
        _("A lead will look at it."),
        DECIDE,
        lambda case, actor, values: services.escalate_case(
            case_id=case.pk, actor=actor, because=values["because"]
        ),
        BecauseForm,
    ),
    Transition(
        "assign",
        _("Assign"),
        _("Only this person is handed the case, and is told so."),
        _("Assigned."),
        DECIDE,
        lambda case, actor, values: services.assign_case(
            case_id=case.pk, actor=actor, username=values["person"]
        ),
        AssignForm,
    ),
    Transition(
        "hand_back",
        _("Hand back to all"),
        _("The case waits for anybody again."),
        _("The case waits for anybody again."),
        DECIDE,
        lambda case, actor, _v: services.hand_back_case(case_id=case.pk, actor=actor),
    ),
    Transition(
        "reopen",
        _("Reopen"),
        _("The decision is withdrawn, and the case goes back to its queue."),
        _("The case is back in the queue."),
        REOPEN,
        lambda case, actor, values: services.reopen_case(
            case_id=case.pk, actor=actor, because=values["because"]
        ),
        ReopenForm,
    ),
)


def offered(case: Case, user: User) -> list[Transition]:
    """Return what this person can do with a case now."""
    if case.organization_id != user.organization_id:
        return []
    able = abilities(user, case)
    return [one for one in TRANSITIONS if getattr(able, one.name)]


def reason_against(transition: Transition, case: Case, user: User) -> str:
    """Say why something cannot be done with a case now; empty if it can."""
    if case.organization_id != user.organization_id:
        return str(ELSEWHERE)
    able = abilities(user, case)
    if getattr(able, transition.name):
        return ""
    if able.blocked:
        return able.blocked
    if able.is_held_by_other:
        return _now("%(person)s is working on this case.") % {"person": case.claimed_by}
    return _now("This case is %(state)s, so this cannot be done to it.") % {
        "state": CaseStatus(case.status).label.lower()
    }


def form_for(transition: Transition, data: Any) -> forms.Form | None:
    """Return what a transition asks for, filled with what was sent."""
    return transition.form(data) if transition.form else None


def carry_out(
    transition: Transition, case: Case, user: User, form: forms.Form | None
) -> str:
    """Do it; return what went wrong in words, or nothing."""
    if case.organization_id != user.organization_id:
        return str(ELSEWHERE)
    values = dict(form.cleaned_data) if form else {}
    if isinstance(form, HoldForm):
        values["until"] = form.until()
    try:
        transition.call(case, user, values)
    except ModerationError as error:
        return error.detail
    return ""
