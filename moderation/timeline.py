"""The history of a case as one list: arrivals, analyses, events and decisions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from forensics.wording import ANALYSIS_STATES, percent, verdict_words

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from forensics.models import Analysis, Submission
    from moderation.models import AuditEvent, Case, Decision

# What an event is called and drawn as. A decision is shown from its own row instead.
_EVENTS = {
    "case_opened": (_("Case opened"), "inbox"),
    "case_claimed": (_("Claimed"), "hand"),
    "claim_expired": (_("Claim ran out"), "clock"),
    "case_released": (_("Released to the queue"), "lock-open"),
    "case_reopened": (_("Reopened"), "rotate-ccw"),
    "case_skipped": (_("Skipped"), "arrow-right"),
    "case_escalated": (_("Escalated"), "arrow-up"),
    "case_held": (_("Put on hold"), "hourglass"),
    "case_resumed": (_("Back from hold"), "rotate-ccw"),
    "case_assigned": (_("Assigned"), "user"),
    "case_handed_back": (_("Handed back to all"), "inbox"),
    "case_commented": (_("Commented"), "send"),
    "case_withdrawn": (_("Withdrawn: nothing is left to decide"), "circle-x"),
    "appeal_opened": (_("Appealed"), "scale"),
    "appeal_resolved": (_("Appeal answered"), "scale"),
    "decision_replaced": (_("Replaced after a second review"), "scale"),
    "case_tagged": (_("Tag added"), "check"),
    "case_untagged": (_("Tag taken off"), "x"),
    "priority_changed": (_("Priority changed"), "arrow-up"),
    "case_moved": (_("Moved to another queue"), "inbox"),
    "decision_undone": (_("Decision taken back"), "rotate-ccw"),
    "analysis_renewed": (_("Evidence renewed by a new analysis"), "refresh-cw"),
}
_TEXTS = ("because", "person", "tag", "to")
_FROM_DECISIONS = "case_decided"
# How a case is checked is on record, and for leads beside it; not for whoever is asked.
_QUIET = {
    "second_review_opened",
    "second_review_answered",
    "known_answer_checked",
    "known_answer_retired",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the history. ``text`` may be a stranger's."""

    at: datetime
    icon: str
    title: str
    who: str = ""
    text: str = ""
    is_withdrawn: bool = False


def timeline(
    case: Case,
    *,
    submissions: Iterable[Submission],
    analyses: Iterable[Analysis],
    earlier: Iterable[Decision],
) -> list[Entry]:
    """Return everything that happened to a case and its image, newest first."""
    entries = [
        *(_of_submission(submission) for submission in submissions),
        *(_of_analysis(analysis) for analysis in analyses),
        *(
            _of_event(event, case)
            for event in case.events.all()
            if event.action not in {_FROM_DECISIONS, *_QUIET}
        ),
        *(_of_decision(decision, case) for decision in case.decisions.all()),
        *(_of_decision(decision, case) for decision in earlier),
    ]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _of_submission(submission: Submission) -> Entry:
    return Entry(
        at=submission.created_at,
        icon="upload",
        title=gettext("Received through %(door)s") % {"door": _DOORS[submission.door]},
        who=str(submission.submitted_by or ""),
        text=submission.original_name,
    )


_DOORS = {
    "web": _("the dashboard"),
    "api": _("the API"),
    "admin": _("the admin"),
    "command": _("the command line"),
}


def _of_analysis(analysis: Analysis) -> Entry:
    label = ANALYSIS_STATES[analysis.status].label.lower()
    text = analysis.error_detail
    if analysis.verdict and analysis.score is not None:
        text = f"{verdict_words(analysis.verdict).label}, {percent(analysis.score)}"
    return Entry(
        at=analysis.finished_at or analysis.queued_at,
        icon="scan-eye",
        title=f"Analysis {label}",
        who=str(analysis.requested_by or "")
        if analysis.trigger != "submission"
        else "",
        text=text,
    )


def _of_event(event: AuditEvent, case: Case) -> Entry:
    is_opening = event.action == "case_opened"
    title, icon = _EVENTS.get(event.action, (event.action.replace("_", " "), "info"))
    return Entry(
        at=case.opened_at if is_opening else event.at,
        icon=icon,
        title=str(title),
        who=str(case.opened_by or "") if is_opening else event.actor_name,
        text=next((str(event.data[k]) for k in _TEXTS if event.data.get(k)), ""),
    )


def _of_decision(decision: Decision, case: Case) -> Entry:
    elsewhere = "" if decision.case_id == case.pk else " (an earlier case)"
    reason = decision.get_reason_display()
    return Entry(
        at=decision.created_at,
        icon="gavel",
        title=f"Decided: {decision.get_outcome_display().lower()}{elsewhere}",
        who=decision.decided_by_name,
        text=f"{reason}. {decision.note}" if decision.note else reason,
        is_withdrawn=decision.withdrawn_at is not None,
    )
