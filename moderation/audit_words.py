"""What the record says, in plain words: one table for every page, export and admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from moderation.evidence_pages import WORDS as SHOWN_WORDS
from moderation.models import DecisionReason, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from moderation.models import AuditEvent

# Every action that is recorded anywhere. A test looks for those that have no words.
ACTIONS: Mapping[str, Any] = {
    # Evidence
    "evidence_viewed": _("Looked at evidence"),
    "evidence_loaded_ahead": _("Loaded evidence ahead"),
    "analysis_renewed": _("Evidence renewed by a new analysis"),
    # Cases
    "case_opened": _("Opened a case"),
    "case_claimed": _("Claimed a case"),
    "case_released": _("Released a case"),
    "claim_expired": _("A claim ran out"),
    "case_skipped": _("Skipped a case"),
    "case_escalated": _("Escalated a case"),
    "case_held": _("Put a case on hold"),
    "case_resumed": _("Ended a hold"),
    "case_assigned": _("Assigned a case"),
    "case_handed_back": _("Handed a case back to all"),
    "case_commented": _("Commented on a case"),
    "case_decided": _("Decided a case"),
    "decision_undone": _("Took a decision back"),
    "case_reopened": _("Reopened a case"),
    "case_tagged": _("Tagged a case"),
    "case_untagged": _("Took a tag off a case"),
    "case_moved": _("Moved a case to another queue"),
    "priority_changed": _("Changed a case's priority"),
    "bulk_changed": _("Changed many cases at once"),
    "case_withdrawn": _("Withdrew a case"),
    # Quality of decisions
    "second_review_opened": _("Asked for a second review"),
    "second_review_answered": _("Gave a second review"),
    "decision_replaced": _("Replaced a decision"),
    "appeal_opened": _("Opened an appeal"),
    "appeal_resolved": _("Ended an appeal"),
    "known_answer_added": _("Added a known answer"),
    "known_answer_changed": _("Changed a known answer"),
    "known_answer_checked": _("Compared a decision with the known answer"),
    "known_answer_retired": _("Retired a known answer"),
    # Policies and known images
    "policy_created": _("Made a policy"),
    "policy_changed": _("Changed a policy"),
    "policy_drafted": _("Saved a draft of a policy"),
    "policy_draft_discarded": _("Discarded a draft of a policy"),
    "policy_published": _("Published a version of a policy"),
    "policy_retired": _("Retired a version of a policy"),
    "policy_renamed": _("Renamed a policy"),
    "policy_moved": _("Changed the order of policies"),
    "policy_deleted": _("Deleted a policy"),
    "backtest_started": _("Started a back-test"),
    "backtest_cancelled": _("Cancelled a back-test"),
    "queue_created": _("Made a queue"),
    "queue_changed": _("Changed a queue"),
    "queue_closed": _("Closed a queue"),
    "queues_reordered": _("Changed the order of queues"),
    "bank_created": _("Made a bank"),
    "bank_changed": _("Changed a bank"),
    "bank_deleted": _("Deleted a bank"),
    "bank_entry_added": _("Added an image to a bank"),
    "bank_entry_changed": _("Changed an image of a bank"),
    "bank_entry_deleted": _("Took an image out of a bank"),
    "bank_imported": _("Imported a bank"),
    "bank_exported": _("Exported a bank"),
    # Webhooks
    "webhook_created": _("Made a webhook"),
    "webhook_changed": _("Changed a webhook"),
    "webhook_deleted": _("Deleted a webhook"),
    "webhook_started": _("Switched a webhook on"),
    "webhook_stopped": _("Switched a webhook off"),
    "webhook_secret_rotated": _("Made a new secret for a webhook"),
    "webhook_tested": _("Sent a test to a webhook"),
    "webhook_replayed": _("Sent an event to a webhook again"),
    "webhook_range_replayed": _("Sent the events of a span of time again"),
    # People
    "signed_in": _("Signed in"),
    "factor_added": _("Added a second factor"),
    "factor_removed": _("Removed a second factor"),
    "factors_reset": _("Took away a person's second factors"),
    "recovery_codes_made": _("Made recovery codes"),
    "recovery_code_used": _("Used a recovery code"),
    "second_factor_failed": _("A second factor was wrong"),
    "provider_connected": _("Connected an account with the sign-in provider"),
    "provider_disconnected": _("Parted an account from the sign-in provider"),
    "person_provided": _("Was made an account by the sign-in provider"),
    "signed_out": _("Signed out"),
    "sign_in_failed": _("A sign-in failed"),
    "sign_in_locked": _("Sign-ins were stopped after too many failures"),
    "token_made": _("Made an API token"),
    "token_revoked": _("Ended an API token"),
    "service_account_created": _("Made a service account"),
    "key_created": _("Made an API key"),
    "key_rotated": _("Gave an API key a new secret"),
    "key_revoked": _("Ended an API key"),
    "person_created": _("Made an account"),
    "person_changed": _("Changed an account or its roles"),
    "person_deleted": _("Deleted an account"),
    "password_set": _("Set a password"),
    "group_created": _("Made a group"),
    "group_changed": _("Changed what a group may do"),
    "group_deleted": _("Deleted a group"),
    # Settings, lists
    "organization_created": _("Created the organization"),
    "organization_changed": _("Changed the organization's settings"),
    "preferences_changed": _("Changed own settings"),
    "settings_changed": _("Changed own settings"),
    "view_shared": _("Shared a saved view"),
    "view_unshared": _("Stopped sharing a saved view"),
    "list_exported": _("Exported a list"),
    "decisions_exported": _("Exported decisions as a data set"),
    "audit_exported": _("Exported the record"),
}
MAX_SHOWN = 300
_KEYS = {
    "because": _("because"),
    "what": _("what"),
    "person": _("person"),
    "outcome": _("outcome"),
    "reason": _("reason"),
    "until": _("until"),
    "kind": _("kind"),
    "analyzer": _("analyzer"),
    "token": _("token"),
    "key": _("key"),
    "scopes": _("scopes"),
    "groups": _("groups"),
    "through": _("asked with the key"),
    "expires": _("ends"),
    "bank": _("bank"),
    "source": _("source"),
    "added": _("added"),
    "entries": _("entries"),
    "query": _("filters"),
    "rows": _("rows"),
}
# Ids that the row's own links say already.
_UNSAID = frozenset({"analysis", "file", "decision", "batch", "replaces"})


def words_for(action: str) -> str:
    """Say what an action is; one that this version does not know, by its name."""
    return str(ACTIONS.get(action) or action.replace("_", " "))


def details_of(event: AuditEvent) -> list[str]:
    """Say what else was recorded, one part after another. It may be a stranger's."""
    data = event.data if isinstance(event.data, dict) else {}
    return [*_plain_parts(data), *_changes(data.get("before"), data.get("after"))]


def _plain_parts(data: Mapping[str, Any]) -> Iterator[str]:
    for key, value in data.items():
        if key in _UNSAID or key in {"before", "after"} or value in (None, "", [], {}):
            continue
        yield f"{_KEYS.get(key, key.replace('_', ' '))}: {_said(key, value)}"


def _changes(before: Any, after: Any) -> Iterator[str]:
    old = before if isinstance(before, dict) else {}
    new = after if isinstance(after, dict) else {}
    for key in sorted({*old, *new}):
        if old.get(key) == new.get(key):
            continue
        name = key.replace("_", " ")
        if not old:
            yield f"{name}: {_said(key, new[key])}"
        else:
            yield gettext("%(field)s: %(old)s, now %(new)s") % {
                "field": name,
                "old": _said(key, old.get(key)),
                "new": _said(key, new.get(key)),
            }


def _said(key: str, value: Any) -> str:
    if key == "what":
        return str(SHOWN_WORDS.get(str(value), value))
    if key == "outcome" and value in Outcome.values:
        return str(Outcome(value).label)
    if key == "reason" and value in DecisionReason.values:
        return str(DecisionReason(value).label)
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if value in (None, "", [], {}):
        return gettext("nothing")
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"
