"""Bytes in, frozen Report out: the explicit list of analyzers, run one by one."""

from __future__ import annotations

import hashlib
import json
import logging
import time
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Literal

import numpy as np
import PIL
from PIL import features

from forensics.analysis import fusion
from forensics.analysis.ela import ElaAnalyzer
from forensics.analysis.image import ImageEvidence, load_evidence
from forensics.analysis.metadata import MetadataAnalyzer
from forensics.analysis.network import CnnAnalyzer
from forensics.analysis.rendering import renditions
from forensics.analysis.types import (
    Analyzer,
    Finding,
    FindingStatus,
    Json,
    Limits,
    NotApplicableError,
    Report,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

PIPELINE_VERSION = "1.0.0"
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
        Folder of models; None leaves the CNN out.
    """

    limits: Limits = field(default_factory=Limits)
    ela_quality: int = 90
    cnn_engine: Literal["litert", "tensorflow"] = "litert"
    model_store: Path | None = None


@dataclass(frozen=True, slots=True)
class Pipeline:
    """A list of analyzers and the way from bytes to a report. Reusable, stateless."""

    analyzers: tuple[Analyzer, ...]
    limits: Limits = field(default_factory=Limits)
    parameters: Mapping[str, Json] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """Version that changes whenever the same bytes may give another report.

        The code's version, then a digest of the analyzers' and models' versions,
        the parameters and the fusion.
        """
        parts = [[analyzer.name, analyzer.version] for analyzer in self.analyzers]
        state = [parts, dict(self.parameters), fusion.FUSION_VERSION]
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
        fused = fusion.fuse(findings, width=header.width, height=header.height)
        copies = renditions(evidence)
        return Report(
            sha256=evidence.sha256,
            format=header.format,
            media_type=header.media_type,
            width=header.width,
            height=header.height,
            verdict=fused.verdict,
            score=fused.score,
            reasons=fused.reasons,
            findings=findings,
            renditions=copies,
            pipeline_version=self.version,
            codecs=codec_versions(),
            parameters=self.parameters,
            elapsed_ms=_milliseconds_since(started),
        )


def build_pipeline(options: AnalysisOptions) -> Pipeline:
    """Make the pipeline; models are loaded when the first picture needs them."""
    analyzers: list[Analyzer] = [
        ElaAnalyzer(quality=options.ela_quality),
        MetadataAnalyzer(),
    ]
    if options.model_store is not None:
        analyzers.append(
            CnnAnalyzer(engine=options.cnn_engine, store=options.model_store)
        )
    return Pipeline(
        analyzers=tuple(analyzers),
        limits=options.limits,
        parameters={
            "ela_quality": options.ela_quality,
            "cnn_engine": options.cnn_engine,
        },
    )


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


def _heif_version() -> dict[str, str]:
    import pillow_heif  # noqa: PLC0415 - only where analyses run

    return {
        "pillow_heif": pillow_heif.__version__,
        "libheif": pillow_heif.libheif_version(),
    }
