"""What ExifTool costs a file, kept open and started anew, beside the own reading.

    python -m benchmarks.bench_exiftool FOLDER [FOLDER ...]

Every file is read three times; the least of the three counts, since other work on the
machine only ever adds. Needs ExifTool.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from forensics.analysis.image import load_evidence
from forensics.analysis.metadata import MetadataAnalyzer
from forensics.analysis.types import ImageRejectedError, Limits
from forensics.exiftool import ExifTool, find_exiftool

if TYPE_CHECKING:
    from collections.abc import Callable

_TIMES = 3
_SPAWNED = 20


def main(folders: list[str]) -> None:
    """Print a table."""
    files = [path for f in folders for path in sorted(Path(f).rglob("*"))]
    pictures = [path.read_bytes() for path in files if path.is_file()]
    reader = ExifTool()
    reader.read(pictures[0])
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    open_ms = [least(reader.read, data) for data in pictures]
    reader.close()
    used = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    report("ExifTool kept open", open_ms)
    print(f"  its processor time {used * 1000 / len(pictures) / _TIMES:.1f} ms a file")
    path = find_exiftool("auto")
    if path is None:
        sys.exit("ExifTool is not installed.")
    report("ExifTool started anew", [spawned(path) for _ in range(_SPAWNED)])
    evidences = []
    for data in pictures:
        try:
            evidences.append(load_evidence(data, Limits()))
        except ImageRejectedError:
            continue
    for name, analyzer in (
        ("metadata, own reading", MetadataAnalyzer()),
        ("metadata with ExifTool", MetadataAnalyzer(reader)),
    ):
        analyzer.analyze(evidences[0])
        report(name, [least(analyzer.analyze, evidence) for evidence in evidences])
    reader.close()


def least(work: Callable[..., object], value: object) -> float:
    """Return the least of three times, in ms."""
    found = []
    for _ in range(_TIMES):
        begun = time.perf_counter()
        work(value)
        found.append((time.perf_counter() - begun) * 1000)
    return min(found)


def spawned(path: str) -> float:
    """Return what a process for one file costs, in ms."""
    begun = time.perf_counter()
    subprocess.run([path, "-config", "", "-ver"], check=True, capture_output=True)
    return (time.perf_counter() - begun) * 1000


def report(name: str, times: list[float]) -> None:
    """Print one line."""
    median, high = np.percentile(times, (50, 95))
    print(
        f"{name:24} n {len(times):4}  median {median:6.1f}  95th {high:6.1f}  "
        f"most {max(times):6.1f} ms"
    )


if __name__ == "__main__":
    main(sys.argv[1:])
