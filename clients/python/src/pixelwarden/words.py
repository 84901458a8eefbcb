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
