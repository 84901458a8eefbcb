"""Time and memory of an analysis, beside the bare codec work it cannot do without.

``python -m benchmarks.bench_analysis --json OUT`` measures both sides in one run, on
pictures made here from scikit-image's photographs: nothing is downloaded.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageChops
from skimage import data as photographs

from forensics.analysis.ela import ElaAnalyzer
from forensics.analysis.image import inspect_header, load_evidence
from forensics.analysis.pipeline import (
    AnalysisOptions,
    build_pipeline,
    codec_versions,
)
from forensics.analysis.types import Limits

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = {1: (1216, 832), 12: (4000, 3000), 50: (8192, 6144)}
ELA_RATIO_LIMIT = 1.5
PEAK_LIMIT_MB = 1000
QUALITY = 90


def photograph(size: tuple[int, int], seed: int = 0) -> bytes:
    """Return a JPEG of tiled photographs with fresh noise all over, quality 92."""
    width, height = size
    picture = photographs.astronaut()  # type: ignore[no-untyped-call] # no stubs
    tile = Image.fromarray(picture).resize((1024, 1024))
    canvas = Image.new("RGB", size)
    for number, top in enumerate(range(0, height, 1024)):
        for left in range(0, width, 1024):
            turned = tile.rotate(90 * (number + left // 1024) % 360)
            canvas.paste(turned, (left, top))
    rng = np.random.default_rng(seed)
    noise = rng.integers(0, 13, (height, width, 3), dtype=np.uint8)
    noisy = ImageChops.add(canvas, Image.fromarray(noise), offset=-6)
    buffer = BytesIO()
    noisy.save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def seconds(work: Callable[[], object], *, repeats: int) -> float:
    """Return the median wall time of a call."""
    found = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        found.append(time.perf_counter() - started)
    return statistics.median(found)


def bare_round_trip(data: bytes) -> Image.Image:
    """Decode, encode at quality 90, decode: the least that error levels can cost."""
    with Image.open(BytesIO(data)) as image:
        image.load()
        buffer = BytesIO()
        image.save(buffer, "JPEG", quality=QUALITY)
    with Image.open(buffer) as again:
        again.load()
        return again


def measure_ela(data: bytes, repeats: int) -> dict[str, float]:
    """Compare ELA, from bytes to finding and heat map, with the bare round trip."""
    limits, analyzer = Limits(), ElaAnalyzer(quality=QUALITY)

    def ela() -> object:
        return analyzer.analyze(load_evidence(data, limits))

    ratios, bare, whole = [], [], []
    for _ in range(repeats):
        # Taken in turns, so that another process on the machine slows both.
        bare.append(seconds(lambda: bare_round_trip(data), repeats=1))
        whole.append(seconds(ela, repeats=1))
        ratios.append(whole[-1] / bare[-1])
    return {
        "bare_s": round(statistics.median(bare), 4),
        "ela_s": round(statistics.median(whole), 4),
        "ratio": round(statistics.median(ratios), 3),
        "inspect_header_ms": round(
            1000 * seconds(lambda: inspect_header(data, limits), repeats=repeats), 3
        ),
    }


def analyze_here(data: bytes, models: Path | None) -> dict[str, float]:
    """Analyze one picture in this process: seconds, and its peak memory so far."""
    pipeline = build_pipeline(AnalysisOptions(model_store=models))
    first = seconds(lambda: pipeline.analyze(data), repeats=1)
    peak = peak_mb()
    again = seconds(lambda: pipeline.analyze(data), repeats=3)
    return {
        "first_s": round(first, 3),
        "again_s": round(again, 3),
        "peak_mb": peak,
    }


def analyze_in_child(megapixels: int, models: Path | None) -> dict[str, float]:
    """Analyze in a fresh interpreter, which inherits no memory from this one."""
    command = [sys.executable, "-m", "benchmarks.bench_analysis"]
    command += ["--child"]
    command += ["--models", str(models)] if models is not None else []
    data = photograph(SIZES[megapixels])
    done = subprocess.run(command, input=data, stdout=subprocess.PIPE, check=True)
    found: dict[str, float] = json.loads(done.stdout)
    return found


def peak_mb() -> float:
    """Return this process's highest resident memory so far, in MiB.

    From Linux's VmHWM: getrusage would pass on the parent's peak to a child.
    """
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(row for row in status.splitlines() if row.startswith("VmHWM"))
    return round(int(line.split()[1]) / 1024, 1)


def environment() -> dict[str, object]:
    """Return what the figures depend on."""
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "codecs": dict(codec_versions()),
        "load_average": [round(load, 2) for load in os.getloadavg()],
    }


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--models", type=Path, help="model store, for the CNN too")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def main() -> int:
    """Measure, print the figures, write them as JSON; 1 where a target is missed."""
    options = arguments()
    if options.child:
        data = sys.stdin.buffer.read()
        print(json.dumps(analyze_here(data, options.models)))
        return 0
    ela = measure_ela(photograph(SIZES[12]), options.repeats)
    whole = {mp: analyze_in_child(mp, options.models) for mp in SIZES}
    targets = {
        f"ELA of 12 MP within {ELA_RATIO_LIMIT} x the bare round trip": bool(
            ela["ratio"] <= ELA_RATIO_LIMIT
        ),
        f"analysis of 50 MP under {PEAK_LIMIT_MB} MB": bool(
            whole[50]["peak_mb"] < PEAK_LIMIT_MB
        ),
    }
    found = {
        "ela_12_mp": ela,
        "analysis_by_megapixels": whole,
        "targets": targets,
        "environment": environment(),
    }
    text = json.dumps(found, indent=2)
    print(text)
    if options.json is not None:
        options.json.write_text(text + "\n", encoding="utf-8")
    return 0 if all(targets.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
