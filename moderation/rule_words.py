"""Whole sentences about policies: when they hold, and what they then do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.text import capfirst
from django.utils.translation import get_language, gettext

from moderation.policy_words import conditions_in_words
from moderation.rules import checked

if TYPE_CHECKING:
    from collections.abc import Sequence

    from moderation.models import Case
    from moderation.rules import Condition


def sentence(conditions: Sequence[Condition]) -> str:
    """Tell all conditions in one sentence, ``The verdict is fake, and ...``."""
    return f"{capfirst(conditions_in_words(conditions))}."


def because_of(case: Case) -> str:
    """Return why a case was opened, in the reader's language where it was by rules.

    What is stored is English for good; a version's conditions never change.
    """
    version, stored = case.policy_version, case.opened_because
    if (get_language() or "en").startswith("en"):
        return stored
    if version is None or case.policy is None:
        return gettext("Opened by hand") if stored == "Opened by hand" else stored
    return f"{case.policy.name}: {conditions_in_words(checked(version.conditions))}"


def action_words(
    action: str, *, queue: str = "", priority: str = "", needs_approval: bool = False
) -> str:
    """Tell what a policy does."""
    if action in {"clear", "mark_fake"}:
        return _automatic(action, needs_approval=needs_approval)
    where = (
        gettext("in the queue “%(queue)s”") % {"queue": queue}
        if queue
        else gettext("in the queue that the routing rules choose")
    )
    told = (
        gettext("Opens a case on hold %(where)s, priority %(priority)s.")
        if action == "hold"
        else gettext("Opens a case %(where)s, priority %(priority)s.")
    )
    return told % {"where": where, "priority": priority.lower()}


def _automatic(action: str, *, needs_approval: bool) -> str:
    if needs_approval:
        return (
            gettext("Opens a case and proposes “authentic”; a person approves it.")
            if action == "clear"
            else gettext("Opens a case and proposes “fake”; a person approves it.")
        )
    return (
        gettext("Decides “authentic” at once, without a person.")
        if action == "clear"
        else gettext("Decides “fake” at once, without a person.")
    )
