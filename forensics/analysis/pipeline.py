"""Bytes in, frozen Report out: the explicit list of analyzers, run one by one."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Literal

import numpy as np
import PIL
from PIL import features

from forensics.analysis import fusion, stability
from forensics.analysis.copy_move import CopyMoveAnalyzer
from forensics.analysis.double_jpeg import DoubleJpegAnalyzer
from forensics.analysis.ela import ElaAnalyzer
from forensics.analysis.filtering import FilteringAnalyzer
from forensics.analysis.fusion_model import load_fusion
from forensics.analysis.image import ImageEvidence, load_evidence
from forensics.analysis.joined_map import join_localizations
from forensics.analysis.jpeg_ghosts import JpegGhostsAnalyzer
from forensics.analysis.jpeg_history import JpegHistoryAnalyzer
from forensics.analysis.jpeg_structure import JpegStructureAnalyzer
from forensics.analysis.localizer import LocalizerAnalyzer
from forensics.analysis.metadata import MetadataAnalyzer
from forensics.analysis.model_errors import ModelError
from forensics.analysis.network import CnnAnalyzer
from forensics.analysis.noise import NoiseAnalyzer
from forensics.analysis.pdq import PDQ_VERSION, pdq
from forensics.analysis.provenance import ProvenanceAnalyzer
from forensics.analysis.rendering import renditions
from forensics.analysis.resampling import ResamplingAnalyzer
from forensics.analysis.spectrum import SpectrumAnalyzer
from forensics.analysis.types import (
    Analyzer,
    Finding,
    FindingStatus,
    ImageRejectedError,
    Json,
    Limits,
    NotApplicableError,
    Reason,
    Report,
    Stability,
    Uncertainty,
    Untouched,
)
from forensics.analysis.watermark import WatermarkAnalyzer

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from forensics.analysis.fusion_model import FusionModel
    from forensics.analysis.metadata.tag_reader import TagReader
    from forensics.analysis.provenance import TrustList

PIPELINE_VERSION = "2.0.0"
_LIBRARIES = (
    "scipy",
    "opencv-python-headless",
    "ai-edge-litert",
    "onnxruntime",
    "c2pa-python",
)
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class AnalysisOptions:
    """What the caller may choose; read from the settings once.

    Attributes
    ----------
    ela_quality : int
        JPEG quality of the error-level analyzer, 1..100.
    cnn_engine : {"litert", "tensorflow"}
        What runs the network.
    model_store : Path or None
        Folder of models; None leaves the networks and the calibration out.
    localizer : str or None
        The localizing network's name, ``name@version`` for exactly that version;
        None leaves it out.
    trust_list : TrustList or None
        Whose Content Credentials are believed; None leaves every signer's trust open.
    calibrated : bool
        Whether the store's calibration is used; without it the pixels have no weight.
    tag_reader : TagReader or None
        ExifTool, as the caller runs it; None reads metadata by our own means only.
    """

    limits: Limits = field(default_factory=Limits)
    ela_quality: int = 90
    cnn_engine: Literal["litert", "tensorflow"] = "litert"
    model_store: Path | None = None
    localizer: str | None = "forgery-localizer"
    calibrated: bool = True
    tag_reader: TagReader | None = None
    trust_list: TrustList | None = None


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A list of analyzers and the way from bytes to a report. Reusable, stateless.

    ``calibration`` turns what the analyzers found into one score; ``notes`` are
    reasons that go with every report, such as that it cannot be read.
    """

    analyzers: tuple[Analyzer, ...]
    limits: Limits = field(default_factory=Limits)
    parameters: Mapping[str, Json] = field(default_factory=dict)
    calibration: FusionModel | None = None
    notes: tuple[Reason, ...] = ()
    tag_reader: TagReader | None = None

    @property
    def version(self) -> str:
        """Version that changes whenever the same bytes may give another report.

        The code's version, then a digest of the analyzers' and models' versions,
        the parameters and the fusion.
        """
        parts = [[analyzer.name, analyzer.version] for analyzer in self.analyzers]
        learned = self.calibration.digest if self.calibration else None
        noted = [note.code for note in self.notes]
        rules = [fusion.FUSION_VERSION, learned, noted]
        state = [parts, dict(self.parameters), rules]
        digest = hashlib.sha256(json.dumps(state, sort_keys=True).encode())
        return f"{PIPELINE_VERSION}+{digest.hexdigest()[:8]}"

    def analyze(self, data: bytes) -> Report:
        """Analyze one image file.

        An analyzer that fails or does not apply becomes a finding that says so.

        Raises
        ------
        ImageRejectedError
            The bytes are not a whole picture of an accepted kind within the limits.
        """
        started = time.perf_counter()
        evidence = load_evidence(data, self.limits)
        findings = tuple(run(analyzer, evidence) for analyzer in self.analyzers)
        header = evidence.header
        fused, spread = self._judged(evidence, findings)
        copies = renditions(evidence)
        return Report(
            sha256=evidence.sha256,
            format=header.format,
            media_type=header.media_type,
            width=header.width,
            height=header.height,
            verdict=fused.verdict,
            score=fused.score,
            reasons=(*fused.reasons, *self.notes),
            findings=findings,
            renditions=copies,
            pipeline_version=self.version,
            codecs={**codec_versions(), **_version_of(self.tag_reader)},
            parameters=self.parameters,
            elapsed_ms=_milliseconds_since(started),
            uncertainty=self._uncertainty(fused, spread),
            calibration=self.calibration.reference if self.calibration else None,
            pdq=pdq(evidence.pixels, orientation=evidence.orientation),
            localization=join_localizations(
                findings, width=header.width, height=header.height
            ),
        )

    def _judged(
        self, evidence: ImageEvidence, findings: tuple[Finding, ...]
    ) -> tuple[fusion.Fusion, Stability | None]:
        fused = self._fused(evidence, findings)
        if not stability.is_near_threshold(fused):
            return fused, None
        return stability.settle(
            fused,
            evidence.pixels,
            lambda data: self._score_of_copy(
                data, evidence, findings, names=stability.repeated(fused)
            ),
        )

    def _fused(
        self, evidence: ImageEvidence, findings: tuple[Finding, ...]
    ) -> fusion.Fusion:
        header = evidence.header
        return fusion.fuse(
            findings, width=header.width, height=header.height, model=self.calibration
        )

    def _score_of_copy(
        self,
        data: bytes,
        evidence: ImageEvidence,
        findings: tuple[Finding, ...],
        *,
        names: Collection[str],
    ) -> float | None:
        """Fuse a copy's pixel signals with what is known of the picture itself."""
        try:
            copy = load_evidence(data, self.limits)
        except ImageRejectedError:
            return None
        again = dict(zip((f.analyzer for f in findings), findings, strict=True))
        for analyzer in self.analyzers:
            name = analyzer.name
            if name in names:
                again[name] = run(analyzer, copy)
                if again[name].status is not FindingStatus.OK:
                    return None
        return self._fused(evidence, tuple(again.values())).score

    def _uncertainty(
        self, fused: fusion.Fusion, spread: Stability | None
    ) -> Uncertainty:
        bands, model, pixels = fused.bands, self.calibration, fused.pixel_score
        untouched: Untouched | None = None
        if model is not None and pixels is not None:
            untouched = model.untouched(pixels)
        return Uncertainty(
            bands=(bands.inconclusive, bands.suspicious, bands.fake),
            untouched=untouched,
            stability=spread,
        )


def build_pipeline(options: AnalysisOptions) -> Pipeline:
    """Make the pipeline; models are loaded when the first picture needs them.

    A calibration that is damaged leaves the pixel signals without weight, and every
    report says so.
    """
    calibration: FusionModel | None = None
    notes: tuple[Reason, ...] = ()
    if options.model_store is not None and options.calibrated:
        try:
            calibration = load_fusion(options.model_store)
        except ModelError as error:
            _logger.warning("The calibration cannot be used: %s", error)
            notes = (_without_calibration(error),)
    return Pipeline(
        analyzers=tuple(_analyzers(options)),
        limits=options.limits,
        parameters={
            "ela_quality": options.ela_quality,
            "cnn_engine": options.cnn_engine,
            "c2pa_trust_list": options.trust_list.label if options.trust_list else None,
            "fusion": _label(calibration),
            "pdq": PDQ_VERSION,
            "tag_reader": "exiftool" if options.tag_reader is not None else "none",
        },
        calibration=calibration,
        notes=notes,
        tag_reader=options.tag_reader,
    )


def _analyzers(options: AnalysisOptions) -> Iterator[Analyzer]:
    yield ElaAnalyzer(quality=options.ela_quality)
    yield MetadataAnalyzer(options.tag_reader)
    if options.model_store is not None:
        yield CnnAnalyzer(engine=options.cnn_engine, store=options.model_store)
        if options.localizer is not None:
            yield LocalizerAnalyzer(options.model_store, options.localizer)
    yield CopyMoveAnalyzer()
    yield DoubleJpegAnalyzer()
    yield JpegGhostsAnalyzer()
    yield JpegHistoryAnalyzer()
    yield JpegStructureAnalyzer()
    yield WatermarkAnalyzer()
    yield SpectrumAnalyzer()
    yield ProvenanceAnalyzer.with_trust(options.trust_list)
    yield NoiseAnalyzer()
    yield ResamplingAnalyzer()
    yield FilteringAnalyzer()


def _label(calibration: FusionModel | None) -> str:
    if calibration is None:
        return "none: judgment"
    terms = " (research-only)" if calibration.research_only else ""
    return f"{calibration.version}-{calibration.digest}{terms}"


def _without_calibration(error: ModelError) -> Reason:
    text = f"The calibration of the pixel checks cannot be used: {error}"
    return Reason("fusion_failed", text, 0.0)


def run(analyzer: Analyzer, evidence: ImageEvidence) -> Finding:
    """Run one analyzer; whatever it raises becomes a finding."""
    started = time.perf_counter()
    try:
        finding = analyzer.analyze(evidence)
    except NotApplicableError as reason:
        finding = _ended(analyzer, FindingStatus.NOT_APPLICABLE, str(reason))
    except Exception as error:  # hostile input may break anything; the rest counts
        _logger.exception("analyzer %s failed on %s", analyzer.name, evidence.sha256)
        summary = (
            f"The {analyzer.name} analyzer failed ({type(error).__name__}) and says "
            "nothing about this picture; the other signals still count."
        )
        finding = _ended(analyzer, FindingStatus.FAILED, summary)
    return replace(finding, elapsed_ms=_milliseconds_since(started))


def _ended(analyzer: Analyzer, status: FindingStatus, summary: str) -> Finding:
    return Finding(
        analyzer=analyzer.name,
        version=analyzer.version,
        status=status,
        summary=summary,
    )


def _milliseconds_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000.0, 3)


@cache
def codec_versions() -> Mapping[str, str]:
    """Versions of the libraries whose arithmetic a report depends on."""
    found = {"pillow": PIL.__version__, "numpy": np.__version__}
    for package in _LIBRARIES:
        with suppress(metadata.PackageNotFoundError):
            found[package.removesuffix("-python-headless")] = metadata.version(package)
    for name, feature in (
        ("libjpeg_turbo", "libjpeg_turbo"),
        ("libwebp", "webp"),
        ("libavif", "avif"),
        ("zlib", "zlib"),
        ("libtiff", "libtiff"),
    ):
        version = features.version(feature)
        if version is not None:
            found[name] = str(version)
    return found | _heif_version()


def _version_of(reader: TagReader | None) -> Mapping[str, str]:
    return {"exiftool": reader.version} if reader is not None and reader.version else {}


def _heif_version() -> dict[str, str]:
    import pillow_heif  # noqa: PLC0415 - only where analyses run

    return {
        "pillow_heif": pillow_heif.__version__,
        "libheif": pillow_heif.libheif_version(),
    }
