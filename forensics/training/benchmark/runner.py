"""Runs the pipeline over pictures and protocols, in several processes."""

from __future__ import annotations

import hashlib
import logging
import math
import os
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from multiprocessing import get_context
from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np

from forensics.analysis.image import load_evidence
from forensics.analysis.pipeline import AnalysisOptions, Pipeline, build_pipeline
from forensics.analysis.types import Finding, ImageRejectedError, RejectionCode
from forensics.training.benchmark.leaks import Fingerprint, fingerprint
from forensics.training.benchmark.localization import (
    BadMaskError,
    count,
    read_mask,
    resized_mask,
)
from forensics.training.benchmark.records import VERDICT, Record, Signal
from forensics.training.errors import TrainingError
from forensics.training.header_only import HEADER_ONLY, header_digest
from forensics.training.protocols import ProtocolKind, reencoding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from PIL import Image

    from forensics.analysis.types import Limits, Report
    from forensics.training.benchmark.cases import Case
    from forensics.training.benchmark.localization import Mask

T = TypeVar("T")
R = TypeVar("R")
# The refusal of a picture whose analysis broke down; `--resume` tries it again.
FAILED = RejectionCode.FAILED.value
_logger = logging.getLogger(__name__)
_THREAD_SETTINGS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "TF_NUM_INTRAOP_THREADS",
)


class WorkerDiedError(TrainingError):
    """A process was killed, by the kernel for memory or by a library's crash."""


@dataclass(frozen=True, slots=True)
class Setup:
    """How the pipeline is built; ``only`` names an analyzer to run alone.

    Of ``header_only`` none is run: the header is read without them.
    """

    options: AnalysisOptions
    only: str | None = None

    def build(self) -> Pipeline:
        """Build the pipeline.

        Raises
        ------
        TrainingError
            Where it has no analyzer of that name.
        """
        pipeline = build_pipeline(self.options)
        if self.only is None:
            return pipeline
        chosen = tuple(a for a in pipeline.analyzers if a.name == self.only)
        if not chosen and self.only != HEADER_ONLY:
            known = ", ".join(a.name for a in pipeline.analyzers)
            raise TrainingError(f"The pipeline has no {self.only}; it has {known}.")
        return replace(pipeline, analyzers=chosen)


@dataclass(frozen=True, slots=True)
class Job:
    """One picture, how it looks, and the protocols that are still to be run on it."""

    setup: Setup
    case: Case
    source: str
    protocols: tuple[ProtocolKind, ...]
    seed: int
    seen: Fingerprint | None = None


@cache
def _pipeline(setup: Setup) -> Pipeline:
    return setup.build()


def run_job(job: Job) -> list[Record]:
    """Analyze one picture under each protocol; whatever goes wrong is a record."""
    blank = [_blank(job, protocol) for protocol in job.protocols]
    try:
        return _measured(job, blank)
    except ImageRejectedError as error:
        return [replace(record, refused=error.code.value) for record in blank]
    except Exception:  # hostile pictures may break anything; the others count
        _logger.exception("measuring %s failed", job.case.file)
        return [replace(record, refused=FAILED) for record in blank]


def _blank(job: Job, protocol: ProtocolKind) -> Record:
    case = job.case
    return Record(
        set_name=case.set_name,
        file=case.file,
        name=case.name,
        label=case.sample.label.value,
        kind=case.kind,
        protocol=protocol.value,
        source=job.source,
        digest=job.seen.digest if job.seen else "",
        look=f"{job.seen.plain:016x}" if job.seen else "",
        made_from=list(case.sources),
    )


def _measured(job: Job, blank: Sequence[Record]) -> list[Record]:
    pipeline = _pipeline(job.setup)
    data = read_file(job.case.sample.path, pipeline.limits)
    pixels = load_evidence(data, pipeline.limits).pixels
    mask, note = _mask_of(job.case, pixels.size, pipeline.limits)
    records = []
    for record in blank:
        seen = _encoded(ProtocolKind(record.protocol), job, data, pixels)
        report = pipeline.analyze(seen)
        header = header_digest(seen, report.media_type)
        noted = replace(record, mask=note, bytes=len(seen), header=header)
        records.append(_filled(noted, report, mask))
    return records


def _encoded(kind: ProtocolKind, job: Job, data: bytes, pixels: Image.Image) -> bytes:
    chosen = reencoding(kind, name=job.case.name, size=pixels.size, seed=job.seed)
    return data if chosen is None else chosen.encode(pixels)


def read_file(path: Path, limits: Limits) -> bytes:
    """Read a picture's file.

    Raises
    ------
    ImageRejectedError
        Where it cannot be read, or is larger than the limits allow.
    """
    try:
        with path.open("rb") as file:
            data = file.read(limits.max_bytes + 1)
    except OSError as error:
        raise ImageRejectedError(RejectionCode.UNREADABLE, str(error)) from error
    if len(data) > limits.max_bytes:
        raise ImageRejectedError(RejectionCode.TOO_MANY_BYTES, "The file is too large.")
    return data


def _mask_of(
    case: Case, size: tuple[int, int], limits: Limits
) -> tuple[Mask | None, str]:
    if not case.is_fake:
        return np.zeros((size[1], size[0]), dtype=np.bool_), "none"
    if case.mask is None:
        return None, "missing"
    try:
        return read_mask(case.mask, size=size, limits=limits), "found"
    except BadMaskError:
        return None, "bad"


def _filled(record: Record, report: Report, mask: Mask | None) -> Record:
    size = (report.width, report.height)
    fitted = None if mask is None else resized_mask(mask, size)
    maps = {f.analyzer: f.localization for f in report.findings}
    # A report's own map is the fusion's; reports without one have none to measure.
    maps[VERDICT] = getattr(report, "localization", None)
    return replace(
        record,
        width=report.width,
        height=report.height,
        verdict=report.verdict.value,
        score=report.score,
        seconds=round(report.elapsed_ms / 1000.0, 4),
        masked=0 if fitted is None else int(fitted.sum()),
        reasons={reason.code: reason.weight for reason in report.reasons},
        findings={finding.analyzer: _signal(finding) for finding in report.findings},
        localization={
            name: count(found, fitted)
            for name, found in maps.items()
            if found is not None and fitted is not None
        },
    )


def _signal(finding: Finding) -> Signal:
    return Signal(
        status=finding.status.value,
        signal=_number(finding.data.get("signal", finding.score)),
        score=_number(finding.score),
        codes=finding.codes,
        milliseconds=finding.elapsed_ms,
        version=finding.version,
    )


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


@dataclass(frozen=True, slots=True)
class Look:
    """A picture to hash."""

    path: Path
    limits: Limits


def look_at(look: Look) -> Fingerprint | None:
    """Hash one picture and its file; None where it cannot be decoded."""
    try:
        data = read_file(look.path, look.limits)
        evidence = load_evidence(data, look.limits)
    except ImageRejectedError:
        return None
    found = fingerprint(evidence.pixels, evidence.orientation)
    return replace(found, digest=hashlib.sha256(data).hexdigest()[:16])


class Workers:
    """Does work in this process, or in several of one thread each."""

    def __init__(self, processes: int) -> None:
        self._pool: ProcessPoolExecutor | None = None
        if processes > 1:
            # A fork would copy the locks of this process's threads as they are.
            context = get_context("spawn")
            self._pool = ProcessPoolExecutor(processes, mp_context=context)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def map(self, work: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
        """Yield the results in the items' order.

        Raises
        ------
        WorkerDiedError
            Where a process ended on its own.
        """
        if self._pool is None:
            yield from map(work, items)
            return
        try:
            with _one_thread_each():
                yield from self._pool.map(work, items)
        except BrokenProcessPool as error:
            raise WorkerDiedError(
                "A worker process was killed; most often memory ran out. Run the "
                "same command with --resume, perhaps with fewer --processes."
            ) from error


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Let processes started meanwhile use one thread, so that times compare."""
    before = {name: os.environ.get(name) for name in _THREAD_SETTINGS}
    os.environ.update(dict.fromkeys(_THREAD_SETTINGS, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
