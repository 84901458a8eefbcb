"""What the API answers with, typed. See the integrator's guide for what it means."""

from __future__ import annotations

# Types are read when answers are decoded, so they are imported in earnest.
from collections.abc import Mapping  # noqa: TC003
from datetime import datetime  # noqa: TC003
from typing import Any

from pixelwarden.decoding import Resource
from pixelwarden.words import (
    AnalysisStatus,
    CaseStatus,
    DecisionReason,
    FetchStatus,
    Outcome,
    Priority,
    SignalStatus,
    UploadStatus,
    Verdict,
)


class Failure(Resource):
    """Why there is no result."""

    code: str
    detail: str


class Reason(Resource):
    """One reason of a verdict; a weight above 0 speaks for fake."""

    code: str
    text: str
    weight: float


class Evidence(Resource):
    """A picture that shows what an analyzer found."""

    id: str
    kind: str
    media_type: str
    width: int
    height: int
    byte_size: int
    caption: str
    content_url: str


class Signal(Resource):
    """What one analyzer found. Texts in ``data`` are a stranger's: escape them."""

    name: str
    version: str
    status: SignalStatus
    score: float | None
    summary: str
    codes: tuple[str, ...]
    data: Mapping[str, Any]
    elapsed_ms: float
    evidence: tuple[Evidence, ...] = ()


class Model(Resource):
    """A network that had a part in a result."""

    name: str
    version: str
    sha256: str
    engine: str
    research_only: bool | None
    terms: str


class KnownMatch(Resource):
    """An entry of a bank of known images that the picture was, or looked like."""

    code: str
    entry: str | None
    bank: str | None
    purpose: str
    method: str
    distance: int
    transform: str


class Provenance(Resource):
    """What the file's Content Credentials are worth; two answers, never merged."""

    integrity: str
    trust: str
    signer: str | None
    organization: str | None
    issuer: str | None
    signed_at: datetime | None
    signed_at_is_trusted: bool | None
    origin: str | None
    trust_list_date: str | None


class Analysis(Resource):
    """One analysis of an image. Lists show less of it: see ``is_whole``."""

    id: str
    url: str
    image: str
    status: AnalysisStatus
    trigger: str
    verdict: Verdict | None
    score: float | None
    error: Failure | None
    pipeline_version: str
    attempts: int
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    elapsed_ms: float | None
    reasons: tuple[Reason, ...] = ()
    signals: tuple[Signal, ...] = ()
    models: tuple[Model, ...] = ()
    known_matches: tuple[KnownMatch, ...] = ()
    renditions: tuple[Evidence, ...] = ()
    provenance: Provenance | None = None
    uncertainty: Mapping[str, Any] | None = None

    @property
    def is_finished(self) -> bool:
        """Whether it has ended, well or not."""
        return self.status not in {AnalysisStatus.QUEUED, AnalysisStatus.RUNNING}

    @property
    def is_whole(self) -> bool:
        """Whether signals and reasons came with it."""
        return "signals" in self.raw


class Submission(Resource):
    """One arrival of a picture, with what its sender said."""

    id: str
    door: str
    original_name: str
    external_id: str
    context: Mapping[str, Any]
    submitted_by: str | None
    created_at: datetime


class Image(Resource):
    """A picture, with its newest analysis."""

    id: str
    url: str
    sha256: str
    format: str
    media_type: str
    width: int
    height: int
    byte_size: int
    created_at: datetime
    original_url: str
    analysis: Analysis | None
    submissions: tuple[Submission, ...] = ()
    renditions: tuple[Evidence, ...] = ()
    duplicate: bool | None = None


class Fetch(Resource):
    """A picture that the server fetches from an address."""

    id: str
    url: str
    status: FetchStatus
    original_name: str
    external_id: str
    context: Mapping[str, Any]
    created_at: datetime
    error: Failure | None
    image: str | None
    analysis_url: str | None
    source_url: str
    attempts: int


class Put(Resource):
    """How to send the file of a direct upload."""

    method: str
    url: str
    headers: Mapping[str, str]


class Upload(Resource):
    """A direct upload."""

    id: str
    url: str
    status: UploadStatus
    original_name: str
    external_id: str
    context: Mapping[str, Any]
    created_at: datetime
    error: Failure | None
    image: str | None
    analysis_url: str | None
    byte_size: int
    sha256: str
    expires_at: datetime
    complete_url: str
    put: Put | None = None


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
    resolution: str | None
    resolved_at: datetime | None
    resolving_decision: str | None
    new_outcome: Outcome | None


class PolicyVersion(Resource):
    """One version of a policy."""

    number: int
    state: str
    conditions: tuple[Mapping[str, Any], ...]
    says: str
    action: str
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
    versions: tuple[PolicyVersion, ...]
    updated_at: datetime


class Queue(Resource):
    """A queue of cases."""

    id: int
    slug: str
    name: str
    description: str
    position: int
    is_active: bool
    order: str
    due_minutes: int | None
    conditions: tuple[Mapping[str, Any], ...]
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
    data: Mapping[str, Any]
    previous_hash: str
    hash: str


class BatchItem(Resource):
    """What became of one item of a batch: ``image``, ``fetch`` or ``problem``."""

    index: int
    status: int
    external_id: str
    location: str | None
    image: Image | None
    fetch: Fetch | None
    problem: Mapping[str, Any] | None


class Batch(Resource):
    """What became of a batch."""

    accepted: int
    refused: int
    items: tuple[BatchItem, ...]


class ProblemType(Resource):
    """A kind of error, and what to do about it."""

    type: str
    code: str
    status: int
    title: str
    remedy: str
