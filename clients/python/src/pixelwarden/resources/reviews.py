"""Cases, what people decide in them, and what governs both."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pixelwarden.decoding import Resource
from pixelwarden.words import (
    CaseStatus,
    DecisionReason,
    Outcome,
    PolicyAction,
    Priority,
    QueueOrder,
    Resolution,
    Verdict,
    VersionState,
)


class Decision(Resource):
    """What a person decided, beside what the machine had said."""

    id: str
    url: str
    case: str
    analysis: str | None
    image_sha256: str
    outcome: Outcome
    reason: DecisionReason
    note: str
    decided_by: str | None
    decided_by_name: str
    machine_verdict: Verdict | None
    machine_score: float | None
    created_at: datetime
    final_at: datetime
    batch: str | None
    withdrawn_at: datetime | None


class Case(Resource):
    """A picture in the review queue. ``claim_token`` comes with a claim only."""

    id: str
    url: str
    status: CaseStatus
    priority: Priority
    image: str
    image_url: str
    analysis: str | None
    verdict: Verdict | None
    score: float | None
    policy: int | None
    queue: str
    opened_by: str | None
    opened_because: str
    opened_at: datetime
    claimed_by: str | None
    claim_expires_at: datetime | None
    assigned_to: str | None
    escalated_at: datetime | None
    held_until: datetime | None
    outcome: Outcome | None
    decided_at: datetime | None
    decisions: tuple[Decision, ...] = ()
    claim_token: str = ""


class Comment(Resource):
    """A remark on a case; ``told`` and ``unknown`` come when it is made."""

    id: str
    author: str | None
    author_name: str
    text: str
    created_at: datetime
    told: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


class Appeal(Resource):
    """An objection to a decision."""

    id: str
    url: str
    case: str
    image: str
    image_url: str
    decision: str
    outcome: Outcome
    opened_by: str | None
    on_behalf_of: str
    because: str
    external_id: str
    opened_at: datetime
    resolution: Resolution | None
    resolved_at: datetime | None
    resolving_decision: str | None
    new_outcome: Outcome | None


class PolicyVersion(Resource):
    """One version of a policy."""

    url: str
    policy: int
    number: int
    state: VersionState
    conditions: tuple[Mapping[str, Any], ...]
    says: str
    action: PolicyAction
    queue: str | None
    priority: Priority
    needs_approval: bool
    note: str
    created_at: datetime
    activated_at: datetime | None
    retired_at: datetime | None


class Policy(Resource):
    """A rule for what happens after an analysis."""

    id: int
    name: str
    description: str
    position: int
    is_active: bool
    versions: tuple[PolicyVersion, ...] = ()
    updated_at: datetime


class Queue(Resource):
    """A queue of cases."""

    id: int
    slug: str
    name: str
    description: str
    position: int
    is_active: bool
    order: QueueOrder
    due_minutes: int | None
    conditions: tuple[Mapping[str, Any], ...]
    second_review_share: float
    golden_share: float
    members: tuple[str, ...]


class AuditEvent(Resource):
    """One line of the record."""

    position: int
    at: datetime
    action: str
    action_words: str
    person: str | None
    actor_name: str
    address: str | None
    case: str | None
    image: str | None
    policy: int | None
    details: tuple[str, ...]
    data: Mapping[str, Any]
    previous_hash: str
    hash: str


class ProblemType(Resource):
    """A kind of error, and what to do about it."""

    type: str
    code: str
    status: int
    title: str
    remedy: str
