"""What crosses the border of the analysis: findings, a report, errors in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from forensics.analysis.image import ImageEvidence
    from forensics.analysis.pdq import Pdq

Json: TypeAlias = (
    bool | int | float | str | Sequence["Json"] | Mapping[str, "Json"] | None
)


class Verdict(StrEnum):
    """The band an analysis ends in. *Inconclusive* is an answer, not a failure."""

    AUTHENTIC = "authentic"
    INCONCLUSIVE = "inconclusive"
    SUSPICIOUS = "suspicious"
    FAKE = "fake"


class FindingStatus(StrEnum):
    """How one analyzer ended."""

    OK = "ok"
    NOT_APPLICABLE = "not_applicable"
    FAILED = "failed"


class RejectionCode(StrEnum):
    """Why bytes were refused before any analysis. Stable words, part of the API."""

    EMPTY = "empty"
    NOT_AN_IMAGE = "not_an_image"
    UNSUPPORTED_FORMAT = "unsupported_format"
    ARCHIVE = "archive"
    SVG = "svg"
    TRUNCATED = "truncated"
    CORRUPT = "corrupt"
    TOO_MANY_BYTES = "too_many_bytes"
    TOO_MANY_PIXELS = "too_many_pixels"
    UNREADABLE = "unreadable"
    FAILED = "failed"


class ForensicsError(Exception):
    """Root of every error this package raises on purpose."""


class ImageRejectedError(ForensicsError):
    """These bytes cannot be analyzed.

    Parameters
    ----------
    code : RejectionCode
        Stable word for machines.
    detail : str
        What is wrong and what to do, for people. Never echoes the input's bytes.
    """

    def __init__(self, code: RejectionCode, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class NotApplicableError(ForensicsError):
    """Raised inside an analyzer: it has nothing to say about this kind of picture."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Caps on what is accepted; read from the settings once, by the caller."""

    max_bytes: int = 64 * 1024 * 1024
    max_pixels: int = 120_000_000


@dataclass(frozen=True, slots=True)
class EvidenceImage:
    """An encoded picture that shows a finding, upright (EXIF orientation applied)."""

    kind: str
    data: bytes = field(repr=False)
    media_type: str
    width: int
    height: int
    caption: str


@dataclass(frozen=True, slots=True)
class ModelRef:
    """Which weights took part, so that a result can be reproduced.

    ``research_only`` says that they touched data that only research may use, under
    ``terms``.
    """

    name: str
    version: str
    sha256: str
    engine: str
    research_only: bool = False
    terms: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Localization:
    """Where a signal sees an edit. Not stored; evidence images show it to people.

    Attributes
    ----------
    values : ndarray of float32, shape (rows, columns)
        P(edited) in 0..1 of each square of the stored pixels, from the upper left.
    cell : int
        Side of a square in px; the last row and column may reach past the border.
    """

    values: NDArray[np.float32] = field(repr=False)
    cell: int


# Signals that describe whatever picture there is: that they ran says nothing.
DESCRIBING = frozenset(("ela", "metadata"))


@dataclass(frozen=True, slots=True)
class Finding:
    """What one analyzer has to say about one image.

    ``score`` is in 0..1, higher is more suspicious, or None where the analyzer
    makes no claim. ``codes`` are stable words such as ``editing_software``.
    ``data`` is JSON-serializable; its ``signal``, where present, is the raw number
    (any scale, higher is more suspicious) that the fusion calibrates.
    """

    analyzer: str
    version: str
    status: FindingStatus
    summary: str
    score: float | None = None
    codes: tuple[str, ...] = ()
    data: Mapping[str, Json] = field(default_factory=dict)
    evidence: tuple[EvidenceImage, ...] = ()
    model: ModelRef | None = None
    elapsed_ms: float = 0.0
    localization: Localization | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Reason:
    """One signal's part in the verdict: positive weight speaks for *fake*."""

    code: str
    text: str
    weight: float


@dataclass(frozen=True, slots=True)
class Untouched:
    """How many untouched pictures scored as high when the fusion was calibrated.

    They were scored by the checks of the pixels alone; ``score`` is what these alone
    give the picture at hand. ``share`` and the upper end of its 95 % interval,
    ``upper``, are in 0..1; ``pictures`` says how many they rest on.
    """

    score: float

    share: float
    upper: float
    pictures: int


@dataclass(frozen=True, slots=True)
class Stability:
    """The scores of mildly altered copies, by what was done to them.

    ``low`` and ``high`` are the least and the highest, the picture's own included.
    """

    low: float
    high: float
    variants: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """What a score is worth, in measured terms.

    ``bands`` are the scores at which *inconclusive*, *suspicious* and *fake* begin.
    ``stability`` is there only where the score lay near one of them.
    """

    bands: tuple[float, float, float]
    untouched: Untouched | None = None
    stability: Stability | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The whole result of one analysis.

    ``width`` and ``height`` are of the stored pixels, before EXIF orientation; of TIFF
    and HEIC, whose decoders turn pictures, of the upright ones.
    ``score`` is in 0.01..0.99. ``localization`` joins those of the findings.
    ``calibration`` is what turned the pixel signals into a score, if anything did.
    ``pdq`` is the hash by which a picture that looks alike is found again.
    ``renditions`` are display copies of the original
    (kinds ``preview`` and ``thumbnail``), upright.
    """

    sha256: str
    format: str
    media_type: str
    width: int
    height: int
    verdict: Verdict
    score: float
    reasons: tuple[Reason, ...]
    findings: tuple[Finding, ...]
    renditions: tuple[EvidenceImage, ...]
    pipeline_version: str
    codecs: Mapping[str, str]
    parameters: Mapping[str, Json]
    elapsed_ms: float
    uncertainty: Uncertainty | None = None
    calibration: ModelRef | None = None
    pdq: Pdq | None = None
    localization: Localization | None = field(default=None, repr=False, compare=False)

    @property
    def models(self) -> tuple[ModelRef, ...]:
        """The models that took part, in the order of the findings, calibration last."""
        found = (*(finding.model for finding in self.findings), self.calibration)
        return tuple(model for model in found if model is not None)

    @property
    def is_partial(self) -> bool:
        """Whether an analyzer failed, so that the report rests on the others."""
        return any(f.status is FindingStatus.FAILED for f in self.findings)

    @property
    def is_not_applicable(self) -> bool:
        """Whether no check fits the picture, and nothing known of it weighs either.

        What describes any file (``DESCRIBING``) is no check that fits.
        """
        checks = [f for f in self.findings if f.analyzer not in DESCRIBING]
        return (
            bool(checks)
            and all(f.status is FindingStatus.NOT_APPLICABLE for f in checks)
            and not any(reason.weight for reason in self.reasons)
        )


class Analyzer(Protocol):
    """One forensic signal. Stateless but for weights loaded once; never does I/O.

    May raise anything on a hostile image: the pipeline turns it into a finding.
    """

    @property
    def name(self) -> str:
        """Stable word for the signal, e.g. ``ela``."""
        ...

    @property
    def version(self) -> str:
        """Changes whenever the same picture may give another finding."""
        ...

    def analyze(self, evidence: ImageEvidence) -> Finding:
        """Look at one picture."""
        ...
