"""Which scope a key needs for what: every address of the API, in one table.

An address that is not here is closed to keys; a test fails for it. What the account
may do is asked besides (``needs`` of the views, and the services).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts.keys.scopes import ANY_KEY, PEOPLE, PUBLIC, Scope

if TYPE_CHECKING:
    from collections.abc import Mapping

READ = "GET"
WRITE = "POST"
ALL = "*"  # every method that is not named beside it

# Names of addresses below ``api:``, each with its methods.
SCOPES_OF: Mapping[str, Mapping[str, str]] = {
    "root": {READ: PUBLIC},
    "problem-list": {READ: PUBLIC},
    "problem-detail": {READ: PUBLIC},
    "deprecation-list": {READ: PUBLIC},
    "schema": {READ: PUBLIC},
    "docs": {READ: PUBLIC},
    "redoc": {READ: PUBLIC},
    # A person's own; keys are ended under /keys/.
    "token-list": {ALL: PEOPLE},
    "token-current": {ALL: PEOPLE},
    "key-current": {READ: ANY_KEY},
    "key-list": {ALL: Scope.KEYS_MANAGE},
    "key-detail": {ALL: Scope.KEYS_MANAGE},
    "key-rotate": {ALL: Scope.KEYS_MANAGE},
    "key-revoke": {ALL: Scope.KEYS_MANAGE},
    "service-account-list": {ALL: Scope.KEYS_MANAGE},
    # Images
    "image-list": {READ: Scope.IMAGES_READ, WRITE: Scope.IMAGES_WRITE},
    "image-detail": {READ: Scope.IMAGES_READ},
    "image-original": {READ: Scope.IMAGES_READ},
    "image-reanalyze": {WRITE: Scope.IMAGES_WRITE},
    "image-batch": {WRITE: Scope.IMAGES_WRITE},
    "image-analyses": {READ: Scope.ANALYSES_READ},
    "image-submissions": {READ: Scope.IMAGES_READ},
    "upload-list": {ALL: Scope.IMAGES_WRITE},
    "upload-detail": {ALL: Scope.IMAGES_WRITE},
    "upload-complete": {ALL: Scope.IMAGES_WRITE},
    "upload-content": {ALL: PUBLIC},  # its address is signed, and good for one upload
    "fetch-list": {ALL: Scope.IMAGES_WRITE},
    "fetch-detail": {ALL: Scope.IMAGES_WRITE},
    # What was found
    "analysis-list": {READ: Scope.ANALYSES_READ},
    "analysis-detail": {READ: Scope.ANALYSES_READ},
    "analysis-mask": {READ: Scope.ANALYSES_READ},
    "signal-list": {READ: Scope.ANALYSES_READ},
    "signal-detail": {READ: Scope.ANALYSES_READ},
    "evidence-list": {READ: Scope.ANALYSES_READ},
    "evidence-detail": {READ: Scope.ANALYSES_READ},
    "evidence-content": {READ: Scope.ANALYSES_READ},
    "report-detail": {READ: Scope.ANALYSES_READ},
    "report-pdf": {READ: Scope.ANALYSES_READ},
    "model-list": {READ: Scope.MODELS_READ},
    "model-detail": {READ: Scope.MODELS_READ},
    # Cases
    "case-list": {READ: Scope.CASES_READ},
    "case-detail": {READ: Scope.CASES_READ},
    "case-comments": {READ: Scope.CASES_READ, WRITE: Scope.CASES_WRITE},
    "case-claim-next": {WRITE: Scope.CASES_WRITE},
    "case-claim": {WRITE: Scope.CASES_WRITE},
    "case-release": {WRITE: Scope.CASES_WRITE},
    "case-skip": {WRITE: Scope.CASES_WRITE},
    "case-hold": {WRITE: Scope.CASES_WRITE},
    "case-resume": {WRITE: Scope.CASES_WRITE},
    "case-escalate": {WRITE: Scope.CASES_WRITE},
    "case-assign": {WRITE: Scope.CASES_WRITE},
    "case-decide": {WRITE: Scope.DECISIONS_WRITE},
    "case-reopen": {WRITE: Scope.DECISIONS_WRITE},
    "decision-list": {READ: Scope.DECISIONS_READ},
    "decision-detail": {READ: Scope.DECISIONS_READ},
    "decision-undo": {WRITE: Scope.DECISIONS_WRITE},
    "case-appeals": {WRITE: Scope.APPEALS_WRITE},
    "appeal-list": {READ: Scope.APPEALS_READ},
    "appeal-detail": {READ: Scope.APPEALS_READ},
    # What governs them
    "policy-list": {READ: Scope.POLICIES_READ},
    "policy-detail": {READ: Scope.POLICIES_READ},
    "policy-version-list": {READ: Scope.POLICIES_READ},
    "policy-version-detail": {READ: Scope.POLICIES_READ},
    "queue-list": {READ: Scope.QUEUES_READ},
    "queue-detail": {READ: Scope.QUEUES_READ},
    "bank-list": {READ: Scope.BANKS_READ},
    "bank-detail": {READ: Scope.BANKS_READ},
    "bank-entries": {READ: Scope.BANKS_READ, ALL: Scope.BANKS_WRITE},
    "bank-entry-detail": {READ: Scope.BANKS_READ, ALL: Scope.BANKS_WRITE},
    "audit-list": {READ: Scope.AUDIT_READ},
    "audit-detail": {READ: Scope.AUDIT_READ},
    # Being told
    "event-list": {READ: Scope.EVENTS_READ},
    "webhook-endpoint-list": {ALL: Scope.WEBHOOKS_MANAGE},
    "webhook-endpoint-detail": {ALL: Scope.WEBHOOKS_MANAGE},
    "webhook-endpoint-rotate-secret": {ALL: Scope.WEBHOOKS_MANAGE},
    "webhook-endpoint-test": {ALL: Scope.WEBHOOKS_MANAGE},
    "webhook-delivery-list": {ALL: Scope.WEBHOOKS_MANAGE},
    "webhook-delivery-replay-range": {ALL: Scope.WEBHOOKS_MANAGE},
    "webhook-delivery-detail": {ALL: Scope.WEBHOOKS_MANAGE},
    "webhook-delivery-replay": {ALL: Scope.WEBHOOKS_MANAGE},
}


def scopes_for(view_name: str, method: str) -> frozenset[str]:
    """Return the scopes any of which opens an address for a method.

    Nothing: the address is closed to keys. OPTIONS is open to whoever may do anything
    there.
    """
    rules = SCOPES_OF.get(view_name.removeprefix("api:"), {})
    if method == "OPTIONS":
        return frozenset(rules.values()) - {PEOPLE}
    asked = READ if method == "HEAD" else method
    return frozenset({rules.get(asked, rules.get(ALL, PEOPLE))}) - {PEOPLE}
