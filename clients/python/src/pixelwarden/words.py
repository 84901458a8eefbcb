"""The enumerated words of the API. Words of newer servers are kept as they are."""

from pixelwarden.decoding import Word


class Verdict(Word):
    """What the machine says."""

    AUTHENTIC = "authentic"
    INCONCLUSIVE = "inconclusive"
    SUSPICIOUS = "suspicious"
    FAKE = "fake"


class Outcome(Word):
    """What a person decided."""

    AUTHENTIC = "authentic"
    FAKE = "fake"
    CANNOT_TELL = "cannot_tell"


class AnalysisStatus(Word):
    """How far an analysis is."""

    QUEUED = "queued"
    RUNNING = "running"
    COMPLETED = "completed"
    PARTIAL = "partial"
    FAILED = "failed"
    NOT_APPLICABLE = "not_applicable"


class SignalStatus(Word):
    """How one analyzer ended."""

    OK = "ok"
    NOT_APPLICABLE = "not_applicable"
    FAILED = "failed"


class FetchStatus(Word):
    """How far the server is with a picture at an address."""

    FETCHING = "fetching"
    RECEIVED = "received"
    FAILED = "failed"


class UploadStatus(Word):
    """How far a direct upload is."""

    WAITING = "waiting"
    RECEIVED = "received"
    FAILED = "failed"
    EXPIRED = "expired"


class CaseStatus(Word):
    """Where a case stands."""

    OPEN = "open"
    CLAIMED = "claimed"
    HELD = "held"
    DECIDED = "decided"
    APPEALED = "appealed"
    WITHDRAWN = "withdrawn"


class Priority(Word):
    """How urgent a case is."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class DecisionReason(Word):
    """Why a person decided so."""

    CONTENT_EDITED = "content_edited"
    AI_GENERATED = "ai_generated"
    METADATA_CONTRADICTS = "metadata_contradicts"
    NO_TRACE_FOUND = "no_trace_found"
    HARMLESS_EDIT = "harmless_edit"
    SOURCE_CONFIRMED = "source_confirmed"
    QUALITY_TOO_LOW = "quality_too_low"
    EVIDENCE_CONFLICTS = "evidence_conflicts"
    OTHER = "other"


class Door(Word):
    """By which door a picture came in."""

    WEB = "web"
    API = "api"
    ADMIN = "admin"
    COMMAND = "command"


class Trigger(Word):
    """Why an analysis was made."""

    SUBMISSION = "submission"
    REANALYSIS = "reanalysis"


class Integrity(Word):
    """Whether Content Credentials fit the file."""

    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN = "unknown"
    NONE = "none"


class Trust(Word):
    """Whether the signer of Content Credentials is known."""

    TRUSTED = "trusted"
    UNTRUSTED = "untrusted"
    UNKNOWN = "unknown"


class BankPurpose(Word):
    """What a bank of known images is for."""

    FAKE = "fake"
    GOOD = "good"
    CUSTOM = "custom"


class Resolution(Word):
    """How an appeal ended."""

    UPHELD = "upheld"
    OVERTURNED = "overturned"


class VersionState(Word):
    """How far a version of a policy is."""

    DRAFT = "draft"
    SHADOW = "shadow"
    LIVE = "live"
    RETIRED = "retired"


class PolicyAction(Word):
    """What a policy does where its conditions hold."""

    OPEN = "open"
    HOLD = "hold"
    CLEAR = "clear"
    MARK_FAKE = "mark_fake"


class QueueOrder(Word):
    """Which case of a queue comes first."""

    URGENT_FIRST = "urgent_first"
    OLDEST_FIRST = "oldest_first"
    SCORE_FIRST = "score_first"


class EventType(Word):
    """What has happened."""

    ANALYSIS_COMPLETED = "analysis.completed"
    ANALYSIS_FAILED = "analysis.failed"
    CASE_OPENED = "case.opened"
    CASE_DECIDED = "case.decided"
    CASE_UNDONE = "case.undone"
    CASE_REOPENED = "case.reopened"
    CASE_APPEALED = "case.appealed"
    APPEAL_RESOLVED = "appeal.resolved"
    POLICY_CHANGED = "policy.changed"
    WEBHOOK_TEST = "webhook.test"


class OrderKey(Word):
    """What an endpoint's events keep their order by."""

    IMAGE = "image"
    CASE = "case"


class DisabledBecause(Word):
    """Why an endpoint is switched off."""

    BY_HAND = "by_hand"
    GONE = "gone"
    FAILING = "failing"


class DeliveryState(Word):
    """How far an event is on its way to an endpoint."""

    PENDING = "pending"
    RETRYING = "retrying"
    DELIVERED = "delivered"
    DEAD = "dead"


class KeyStatus(Word):
    """Whether a key holds."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"
    SWITCHED_OFF = "switched_off"


class Scope(Word):
    """What a key may do."""

    IMAGES_READ = "images:read"
    IMAGES_WRITE = "images:write"
    ANALYSES_READ = "analyses:read"
    CASES_READ = "cases:read"
    CASES_WRITE = "cases:write"
    DECISIONS_READ = "decisions:read"
    DECISIONS_WRITE = "decisions:write"
    APPEALS_READ = "appeals:read"
    APPEALS_WRITE = "appeals:write"
    POLICIES_READ = "policies:read"
    QUEUES_READ = "queues:read"
    BANKS_READ = "banks:read"
    BANKS_WRITE = "banks:write"
    WEBHOOKS_MANAGE = "webhooks:manage"
    EVENTS_READ = "events:read"
    MODELS_READ = "models:read"
    AUDIT_READ = "audit:read"
    KEYS_MANAGE = "keys:manage"
