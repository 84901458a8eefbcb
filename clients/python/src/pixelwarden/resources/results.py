"""What was found in a picture."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pixelwarden.decoding import Resource
from pixelwarden.words import (
    AnalysisStatus,
    BankPurpose,
    DecisionReason,
    Integrity,
    Outcome,
    SignalStatus,
    Trigger,
    Trust,
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
    """A picture that shows what an analyzer found.

    ``url``, ``analysis`` and ``signal`` come where it is read by itself.
    """

    id: str
    url: str
    analysis: str
    signal: str | None
    kind: str
    media_type: str
    width: int
    height: int
    byte_size: int
    caption: str
    content_url: str


class RunLengths(Resource):
    """A mask as COCO's tools write it: ``size`` is rows and columns, in cells."""

    size: tuple[int, ...]
    counts: str


class Rings(Resource):
    """The outline of an area, and its holes, in pixels of the original."""

    exterior: tuple[tuple[int, ...], ...]
    holes: tuple[tuple[tuple[int, ...], ...], ...]


class Localization(Resource):
    """Where something was found: the same area as ``rle``, outlines and PNG."""

    cell: int
    width: int
    height: int
    threshold: float
    share: float
    rle: RunLengths
    polygons: tuple[Rings, ...]
    png_url: str


class Signal(Resource):
    """What one analyzer found. Texts in ``data`` are a stranger's: escape them.

    ``url`` and ``analysis`` come where it is read by itself; lists show no ``data``.
    """

    id: str
    url: str
    analysis: str
    name: str
    version: str
    status: SignalStatus
    score: float | None
    summary: str
    codes: tuple[str, ...]
    data: Mapping[str, Any]
    elapsed_ms: float
    evidence: tuple[Evidence, ...] = ()
    localization: Localization | None = None


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
    purpose: BankPurpose
    method: str
    distance: int
    transform: str


class Provenance(Resource):
    """What the file's Content Credentials are worth; two answers, never merged."""

    integrity: Integrity
    trust: Trust
    signer: str | None
    organization: str | None
    issuer: str | None
    signed_at: datetime | None
    signed_at_is_trusted: bool | None
    origin: str | None
    trust_list_date: str | None


class Bands(Resource):
    """The scores at which the verdicts begin."""

    inconclusive: float
    suspicious: float
    fake: float


class Untouched(Resource):
    """How many untouched pictures score as high as this one."""

    score: float
    share: float
    upper: float
    pictures: int


class Stability(Resource):
    """How far the score moves when the picture is changed a little."""

    low: float
    high: float
    variants: Mapping[str, float]


class Uncertainty(Resource):
    """What the score is worth."""

    bands: Bands
    untouched: Untouched | None
    stability: Stability | None


class HumanDecision(Resource):
    """What a person decided about a picture, beside the machine's result."""

    id: str
    case: str
    outcome: Outcome
    reason: DecisionReason | None
    analysis: str | None
    decided_at: datetime
    final_at: datetime


class Analysis(Resource):
    """One analysis of an image. Lists show less of it: see ``is_whole``."""

    id: str
    url: str
    image: str
    status: AnalysisStatus
    trigger: Trigger
    verdict: Verdict | None
    score: float | None
    error: Failure | None
    pipeline_version: str
    attempts: int
    queued_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    elapsed_ms: float | None
    decision: HumanDecision | None = None
    thresholds: Bands | None = None
    reasons: tuple[Reason, ...] = ()
    localization: Localization | None = None
    signals: tuple[Signal, ...] = ()
    models: tuple[Model, ...] = ()
    codecs: Mapping[str, str]
    parameters: Mapping[str, Any]
    known_matches: tuple[KnownMatch, ...] = ()
    renditions: tuple[Evidence, ...] = ()
    provenance: Provenance | None = None
    uncertainty: Uncertainty | None = None

    @property
    def is_finished(self) -> bool:
        """Whether it has ended, well or not."""
        return self.status not in {AnalysisStatus.QUEUED, AnalysisStatus.RUNNING}

    @property
    def is_whole(self) -> bool:
        """Whether signals and reasons came with it."""
        return "signals" in self.raw
