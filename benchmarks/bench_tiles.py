"""How long cutting a large picture into tiles takes, and how much memory.

``python -m benchmarks.bench_tiles [--megapixels 12 50 100]`` makes photograph-like
JPEGs, cuts each in a process of its own and prints time, peak memory beside that of
decoding alone, and the size of the file of tiles.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from forensics.analysis.containers import ImageFormat
from forensics.analysis.decoding import decode
from forensics.analysis.pyramid import build_pyramid
from forensics.analysis.types import Limits
from tests.images import photo_like

LIMITS = Limits(max_bytes=1 << 30, max_pixels=500_000_000)
PATCH = (2000, 1500)
KINDS = ("decode", "tiles")


def make(megapixels: float) -> bytes:
    """Return a 4:3 JPEG of that size, of patches that look like photographs."""
    width = round((megapixels * 1e6 * 4 / 3) ** 0.5)
    height = round(width * 3 / 4)
    canvas = Image.new("RGB", (width, height))
    patches = [grainy(photo_like(seed, PATCH), seed) for seed in range(4)]
    for number, top in enumerate(range(0, height, PATCH[1])):
        for left in range(0, width, PATCH[0]):
            canvas.paste(patches[(number + left // PATCH[0]) % 4], (left, top))
    buffer = BytesIO()
    canvas.save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


def grainy(picture: Image.Image, seed: int) -> Image.Image:
    """Add what a sensor adds, so that the file is as large as a camera's."""
    noise = np.random.default_rng(seed).normal(0, 6, (PATCH[1], PATCH[0], 3))
    return Image.fromarray((np.asarray(picture) + noise).clip(0, 255).astype(np.uint8))


def measure(path: Path, kind: str) -> dict[str, float]:
    """Do it in this process, and say what it took."""
    data = path.read_bytes()
    size = 0
    start = time.perf_counter()
    if kind == "decode":
        decode(data, ImageFormat.JPEG, max_pixels=LIMITS.max_pixels)
    else:
        with tempfile.TemporaryFile() as file:
            _, size = build_pyramid(data, file, limits=LIMITS, seconds=3600)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "peak_mb": peak_megabytes(), "file_mb": size / 1e6}


def peak_megabytes() -> float:
    """Return this process's peak; the resource module would give its parent's."""
    status = Path("/proc/self/status").read_text()
    (kilobytes,) = re.findall(r"VmHWM:\s+(\d+) kB", status)
    return int(kilobytes) * 1024 / 1e6


def measured_apart(path: Path, kind: str) -> dict[str, float]:
    """Measure in a fresh process: a peak never goes down."""
    command = [sys.executable, "-m", "benchmarks.bench_tiles", "--one", kind, str(path)]
    told = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(told.stdout)
    return found


def main() -> None:
    """Print the table, or one measurement as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megapixels", type=float, nargs="+", default=[12, 50, 100])
    parser.add_argument("--one", nargs=2, metavar=("KIND", "FILE"))
    options = parser.parse_args()
    if options.one:
        kind, file = options.one
        sys.stdout.write(json.dumps(measure(Path(file), kind)))
        return
    print("| MP | original | decode | tiles | peak, decode | peak, tiles | file |")
    print("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for megapixels in options.megapixels:
            path = Path(folder) / "picture.jpg"
            path.write_bytes(make(megapixels))
            alone, tiles = (measured_apart(path, kind) for kind in KINDS)
            print(
                f"| {megapixels:g} | {path.stat().st_size / 1e6:.0f} MB "
                f"| {alone['seconds']:.1f} s | {tiles['seconds']:.1f} s "
                f"| {alone['peak_mb']:.0f} MB | {tiles['peak_mb']:.0f} MB "
                f"| {tiles['file_mb']:.0f} MB |"
            )


if __name__ == "__main__":
    main()
