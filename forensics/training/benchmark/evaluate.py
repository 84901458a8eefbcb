"""Evaluates the pipeline: lists, refuses what is known, runs, sums up, writes."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from forensics.training.benchmark.cases import read_cases, sampled
from forensics.training.benchmark.figures import RESAMPLES
from forensics.training.benchmark.known import probe, used_models
from forensics.training.benchmark.leaks import find_leaks, read_hash_list
from forensics.training.benchmark.page import render_page
from forensics.training.benchmark.records import RunFolder
from forensics.training.benchmark.runner import (
    FAILED,
    Job,
    Look,
    Setup,
    Workers,
    look_at,
    run_job,
)
from forensics.training.benchmark.summary import summarize
from forensics.training.errors import DatasetError, TrainingError
from forensics.training.grouping import group_by_source
from forensics.training.hashing import EXCLUSION_BITS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from forensics.analysis.types import Json
    from forensics.training.benchmark.cases import Case
    from forensics.training.benchmark.leaks import Fingerprint, KnownPictures, Leak
    from forensics.training.benchmark.records import Key, Record
    from forensics.training.progress import Progress
    from forensics.training.protocols import ProtocolKind

RESULTS_FILE = "results.json"
PAGE_FILE = "index.html"
SCHEMA_VERSION = 1


class LeakError(TrainingError):
    """Test pictures are known from training, and that was to be an error."""

    @classmethod
    def of(cls, leaks: Sequence[Leak]) -> LeakError:
        """Name them."""
        names = "\n".join(leak.sentence() for leak in leaks)
        return cls(f"{len(leaks)} test pictures are known from training:\n{names}")


@dataclass(frozen=True, slots=True)
class Request:
    """What to evaluate, on what, and where to put it.

    ``data`` names folders; ``targets`` None reports on everything; the analyzers
    ``needed`` must be able to run; ``sample`` is of each set; ``exclude_known`` are
    further lists of training pictures. ``command`` and ``created`` are recorded as
    given.
    """

    setup: Setup
    data: Mapping[str, Path]
    output: Path
    protocols: tuple[ProtocolKind, ...]
    seed: int
    command: str
    created: str
    targets: tuple[str, ...] | None = None
    needed: tuple[str, ...] = ()
    sample: int | None = None
    processes: int = 1
    exclude_known: tuple[Path, ...] = ()
    resume: bool = False
    replace: bool = False
    fail_on_leak: bool = False


@dataclass(frozen=True, slots=True)
class _Kept:
    """The pictures to measure, the group of sources each belongs to, their hashes."""

    cases: tuple[Case, ...]
    sources: tuple[str, ...]
    seen: tuple[Fingerprint | None, ...]
    leaks: tuple[Leak, ...]


def evaluate(request: Request, *, progress: Progress) -> dict[str, Any]:
    """Do the whole of it; return what ``results.json`` in the output folder holds.

    Raises
    ------
    DatasetError, RunFolderError, LeakError, WorkerDiedError
        Before anything is measured, but for the last.
    """
    with Workers(request.processes) as workers:
        run = _Run(request, workers, progress)
        results = run.results()
    folder = RunFolder(request.output, run.identity)
    text = json.dumps(results, indent=1, allow_nan=False)
    folder.write(RESULTS_FILE, text + "\n")
    folder.write(PAGE_FILE, render_page(results))
    return results


class _Run:
    """One evaluation: what it runs with, and its steps in order."""

    def __init__(self, request: Request, workers: Workers, progress: Progress) -> None:
        self._request, self._workers, self._progress = request, workers, progress
        pipeline = request.setup.build()
        self._report = probe(pipeline, needed=request.needed)
        store = request.setup.options.model_store
        self._models = used_models(self._report, store)
        self.identity: Mapping[str, Json] = {
            "pipeline": pipeline.version,
            "models": [f"{m.name} {m.version} {m.sha256[:16]}" for m in self._models],
            "seed": request.seed,
        }

    def results(self) -> dict[str, Any]:
        """Measure and sum up."""
        request, kept = self._request, self._kept()
        folder = RunFolder(request.output, self.identity)
        records = folder.open(resume=request.resume, replace=request.replace)
        # What failed may have lacked memory only; what was refused is refused again.
        done = {k: r for k, r in records.items() if r.refused != FAILED}
        for record in self._measured(kept, done):
            folder.append(record)
            records[record.key] = record
        asked = self._asked(kept, records)
        folder.rewrite({**records, **asked})
        sets = summarize(
            list(asked.values()), targets=request.targets, seed=request.seed
        )
        return {**self._about(kept), "sets": sets}

    def _kept(self) -> _Kept:
        request = self._request
        lists = [m.known for m in self._models if m.known is not None]
        lists += [_further_list(file) for file in request.exclude_known]
        cases = list(_cases(request))
        hashes = list(self._hashed(cases))
        leaks = find_leaks(cases, hashes, lists)
        if leaks and request.fail_on_leak:
            raise LeakError.of(tuple(leaks.values()))
        left = [i for i in range(len(cases)) if i not in leaks]
        if not left:
            raise DatasetError("Every test picture is known from training.")
        chosen = tuple(cases[i] for i in left)
        seen = tuple(hashes[i] for i in left)
        sources = source_groups(chosen, seen)
        return _Kept(chosen, sources, seen, tuple(leaks.values()))

    def _hashed(self, cases: Sequence[Case]) -> Iterator[Fingerprint | None]:
        limits = self._request.setup.options.limits
        looks = [Look(case.sample.path, limits) for case in cases]
        hashes = self._workers.map(look_at, looks)
        label = "looking for known pictures"
        return self._progress(hashes, total=len(looks), label=label)

    def _measured(self, kept: _Kept, done: Mapping[Key, Record]) -> Iterator[Record]:
        request = self._request
        jobs = []
        for case, source, seen in zip(kept.cases, kept.sources, kept.seen, strict=True):
            digest = seen.digest if seen else ""
            missing = tuple(
                protocol
                for protocol in request.protocols
                if (record := done.get((case.set_name, case.file, protocol.value)))
                is None
                or record.digest != digest
            )
            if missing:
                jobs.append(
                    Job(request.setup, case, source, missing, request.seed, seen)
                )
        results = self._workers.map(run_job, jobs)
        for records in self._progress(results, total=len(jobs), label="analyzing"):
            yield from records

    def _asked(self, kept: _Kept, records: Mapping[Key, Record]) -> dict[Key, Record]:
        """Pick the records that were asked for; groups may have grown since."""
        keys = (
            ((case.set_name, case.file, protocol.value), source)
            for case, source in zip(kept.cases, kept.sources, strict=True)
            for protocol in self._request.protocols
        )
        return {key: replace(records[key], source=source) for key, source in keys}

    def _about(self, kept: _Kept) -> dict[str, Json]:
        request, worth = self._request, self._report.uncertainty
        return {
            "schema_version": SCHEMA_VERSION,
            "created": request.created,
            "command": request.command,
            "run": dict(self.identity),
            "bands": None if worth is None else list(worth.bands),
            "codecs": dict(self._report.codecs),
            "processes": request.processes,
            "sample": request.sample,
            "resamples": RESAMPLES,
            "models": [model.to_json() for model in self._models],
            "near_duplicate_bits": EXCLUSION_BITS,
            "leaks": [leak.to_json() for leak in kept.leaks],
        }


def _cases(request: Request) -> Iterator[Case]:
    for name, folder in request.data.items():
        cases = read_cases(name, folder)
        yield from sampled(cases, request.sample, seed=request.seed)


def _further_list(file: Path) -> KnownPictures:
    try:
        return read_hash_list(file.read_bytes(), title=file.name)
    except OSError as error:
        raise DatasetError(f"{file}: {error.strerror}.") from error


def source_groups(
    cases: Sequence[Case], hashes: Sequence[Fingerprint | None]
) -> tuple[str, ...]:
    """Name the group of each picture, see `group_by_source`.

    A picture that cannot be decoded has a group of its own.
    """
    seen = [i for i, own in enumerate(hashes) if own is not None]
    plain = np.array([own.plain for own in hashes if own], dtype=np.uint64)
    # A generated forgery belongs to the picture that was edited, named first.
    hosts = [cases[i].sources[:1] for i in seen]
    groups = group_by_source([cases[i].sample for i in seen], plain, named=hosts)
    names = [f"{case.set_name}/{case.file}" for case in cases]
    for index, root in zip(seen, groups, strict=True):
        names[index] = f"{cases[seen[root]].set_name}/{cases[seen[root]].file}"
    return tuple(names)
