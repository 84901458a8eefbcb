"""Damage the manifests of signed files at random, and count what comes of them."""

from __future__ import annotations

import argparse
import random
import time
from collections import Counter

from forensics.analysis.image import load_evidence
from forensics.analysis.pipeline import run
from forensics.analysis.provenance import ProvenanceAnalyzer, parse_trust_list
from forensics.analysis.types import ImageRejectedError, Limits
from tests.credentials import identity
from tests.forensics.analysis.test_provenance_hostile import seeds

BOXES = (b"jumb", b"jumd", b"cbor", b"json", b"bfdb", b"bidb")


def main() -> None:
    """Print how many files ended how; 1 where a finding failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=3000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)  # noqa: S311 - damage, no secret
    analyzer = ProvenanceAnalyzer.with_trust(parse_trust_list(identity().root))
    ended: Counter[str] = Counter()
    slowest = 0.0
    for _ in range(options.files):
        try:
            evidence = load_evidence(damaged(rng), Limits())
        except ImageRejectedError:
            ended["refused"] += 1
            continue
        started = time.perf_counter()
        finding = run(analyzer, evidence)
        slowest = max(slowest, time.perf_counter() - started)
        said = finding.data.get("integrity", "")
        ended[f"{finding.status} {said}".strip()] += 1
    print(dict(ended), f"slowest {slowest:.2f} s")
    raise SystemExit(1 if ended["failed"] else 0)


def damaged(rng: random.Random) -> bytes:
    """Return a signed file with 1 to 8 damages in its manifest."""
    data, start, end = rng.choice(seeds())
    changed = bytearray(data)
    for _ in range(rng.randint(1, 8)):
        position = rng.randrange(start, end)
        size = min(rng.choice((1, 2, 4, 8, 40, 400)), len(changed) - position)
        other = rng.randrange(start, end - size)
        piece = rng.choice(
            (
                bytes([changed[position] ^ 1 << rng.randint(0, 7)]),
                rng.randbytes(size),
                b"\xff" * size,
                bytes(size),
                bytes(changed[other : other + size]),
                None,
            )
        )
        if piece is not None:
            changed[position : position + len(piece)] = piece
            continue
        box = changed.find(rng.choice(BOXES), position)
        if box >= 4:
            wrong = rng.choice((0, 1, 7, 8, 0x7FFFFFFF, 0xFFFFFFFF))
            changed[box - 4 : box] = wrong.to_bytes(4, "big")
    return bytes(changed)


if __name__ == "__main__":
    main()
