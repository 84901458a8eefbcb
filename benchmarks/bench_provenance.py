"""Milliseconds that Content Credentials take, with a credential and without."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path
from typing import Any

from forensics.analysis.image import load_evidence
from forensics.analysis.pipeline import run
from forensics.analysis.provenance import ProvenanceAnalyzer, parse_trust_list
from forensics.analysis.types import Limits
from tests.credentials import Part, opened, signed
from tests.images import encode, photo_like

TRUST_LISTS = Path(__file__).resolve().parent.parent / "trust_lists"
SIZES = {"1 MP": (1155, 866), "12 MP": (4000, 3000)}
MEDIA = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


def main() -> None:
    """Print a table; medians of several runs after the process has started."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    trust = parse_trust_list(
        (TRUST_LISTS / "c2pa.pem").read_bytes(),
        (TRUST_LISTS / "c2pa-timestamps.pem").read_bytes(),
    )
    analyzer = ProvenanceAnalyzer.with_trust(trust)
    rows = list(_rows(analyzer, options.rounds))
    for row in rows:
        print("  ".join(f"{key} {value}" for key, value in row.items()))
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2))


def _rows(analyzer: ProvenanceAnalyzer, rounds: int) -> Any:
    for size, pixels in SIZES.items():
        picture = photo_like(1, pixels)
        for name, media_type in MEDIA.items():
            if name != "JPEG" and size == "12 MP":
                continue
            data = encode(picture, name)
            first = signed(data, media_type=media_type)
            part = Part(first, media_type=media_type)
            twice = signed(first, opened(), media_type=media_type, parts=[part])
            for kind, file in (("none", data), ("one", first), ("two", twice)):
                yield {
                    "picture": f"{size} {name}",
                    "credentials": kind,
                    "bytes": len(file),
                    **_timed(analyzer, file, rounds),
                }


def _timed(analyzer: ProvenanceAnalyzer, data: bytes, rounds: int) -> dict[str, Any]:
    evidence = load_evidence(data, Limits())
    started = time.perf_counter()
    status = run(analyzer, evidence).status.value
    first = time.perf_counter() - started
    times = []
    for _ in range(rounds):
        started = time.perf_counter()
        run(analyzer, evidence)
        times.append(time.perf_counter() - started)
    return {
        "status": status,
        "first_ms": round(first * 1000, 2),
        "median_ms": round(statistics.median(times) * 1000, 2),
    }


if __name__ == "__main__":
    main()
