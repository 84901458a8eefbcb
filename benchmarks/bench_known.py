"""How long a look-up among known images takes, and whether it finds every one.

``python -m benchmarks.bench_known --json OUT`` fills a database of its own (SQLite in a
temporary folder, or the empty PostgreSQL that ``DATABASE_URL`` names) with a million
images and their hashes, then looks hashes up and compares each answer with a
comparison of all of them. On PostgreSQL: ``.ci/with-postgresql .venv/bin/python -m
benchmarks.bench_known --json OUT``.

A tenth of the hashes lie 1 to 40 bits from another one; the rest are random, which real
ones nearly are (``docs/signals/known-images.md``).
"""

# ruff: noqa: PLC0415 - the settings are named before anything of Django's loads

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Hashes = NDArray[np.uint8]

AT_ONCE = 5_000
LIMIT_MS = 20.0


def altered(rng: np.random.Generator, own: Hashes, bits: int) -> Hashes:
    """Return a hash (32 bytes) with ``bits`` of its bits turned."""
    unpacked = np.unpackbits(own)
    unpacked[rng.choice(unpacked.size, bits, replace=False)] ^= 1
    return np.packbits(unpacked)


def population(rng: np.random.Generator, count: int) -> Hashes:
    """Make hashes, shape (count, 32): a tenth of them near another one."""
    hashes = rng.integers(0, 256, (count, 32), dtype=np.uint8)
    for row in range(0, count - 1, 10):
        hashes[row] = altered(rng, hashes[row + 1], int(rng.integers(1, 41)))
    return hashes


def parts(hashes: Hashes) -> Iterator[list[str]]:
    """Yield the hashes as hexadecimal, some at a time."""
    for start in range(0, len(hashes), AT_ONCE):
        yield [row.tobytes().hex() for row in hashes[start : start + AT_ONCE]]


def fill(hashes: Hashes) -> list[Any]:
    """Store an image for each hash; return their keys in order."""
    from forensics.known_models import Fingerprint, band_columns
    from forensics.models import Image

    keys: list[Any] = []
    for texts in parts(hashes):
        images = [
            Image(
                sha256=f"{len(keys) + number:064x}",
                original="none",
                byte_size=1,
                format="JPEG",
                media_type="image/jpeg",
                width=640,
                height=480,
            )
            for number in range(len(texts))
        ]
        Image.objects.bulk_create(images)
        Fingerprint.objects.bulk_create(
            Fingerprint(
                image=image, pdq=text, quality=100, version="1", **band_columns(text)
            )
            for image, text in zip(images, texts, strict=True)
        )
        keys += [image.pk for image in images]
    return keys


def fill_bank(hashes: Hashes) -> None:
    """Store an entry of one bank for each hash."""
    from forensics.known_models import band_columns
    from forensics.models import Bank, BankEntry

    bank = Bank.objects.create(name="Benchmark", purpose="fake")
    for texts in parts(hashes):
        BankEntry.objects.bulk_create(
            BankEntry(bank=bank, pdq=text, **band_columns(text)) for text in texts
        )


@contextmanager
def without_indexes(*tables: str) -> Iterator[None]:
    """Take the tables' plain indexes off and make them at the end, which is faster."""
    from django.db import connection

    listing = (
        "SELECT name, sql, tbl_name FROM sqlite_master WHERE type = 'index'"
        if connection.vendor == "sqlite"
        else "SELECT indexname, indexdef, tablename FROM pg_indexes"
    )
    with connection.cursor() as cursor:
        cursor.execute(listing)
        plain = [
            (name, sql)
            for name, sql, table in cursor.fetchall()
            if table in tables and sql and "UNIQUE" not in sql
        ]
        for name, _ in plain:
            cursor.execute(f'DROP INDEX "{name}"')
        yield
        for _, sql in plain:
            cursor.execute(sql)


def settle() -> str:
    """Let the database know its rows; return its name and version."""
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")
        else:
            cursor.execute("ANALYZE")
        version = "sqlite_version()" if connection.vendor == "sqlite" else "version()"
        cursor.execute(f"SELECT {version}")
        return f"{connection.vendor} {cursor.fetchone()[0].split(' on ')[0]}"


def timed(asks: list[Callable[[], Any]]) -> tuple[dict[str, float], list[Any]]:
    """Run each once, after a tenth of them for warmth; return milliseconds, answers."""
    for ask in asks[: len(asks) // 10]:
        ask()
    times, answers = [], []
    for ask in asks:
        started = time.perf_counter()
        answers.append(ask())
        times.append((time.perf_counter() - started) * 1000)
    found = np.percentile(times, (50, 95, 100))
    names = ("median", "p95", "max")
    rounded = (round(float(value), 2) for value in found)
    return dict(zip(names, rounded, strict=True)), answers


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Fill, look up, compare with a comparison of all."""
    from django.db import connection

    from forensics.analysis.pdq_index import BANDS, MATCH_DISTANCE
    from forensics.known import bank_matches, near
    from forensics.models import Fingerprint

    rng = np.random.default_rng(options.seed)
    stored, bank = population(rng, options.images), population(rng, options.entries)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:  # filling only; nothing here is kept
            cursor.execute("PRAGMA synchronous = OFF")
    started = time.perf_counter()
    with without_indexes("forensics_fingerprint", "forensics_bankentry"):
        keys = fill(stored)
        fill_bank(bank)
    database, filled = settle(), time.perf_counter() - started
    words = stored.view(np.uint64)
    queries = []
    for _ in range(options.queries):
        row, bits = int(rng.integers(options.images)), int(rng.integers(0, 32))
        queries.append(altered(rng, stored[row], bits))
    texts = [query.tobytes().hex() for query in queries]
    rows = Fingerprint.objects.all()
    seen, answers = timed([lambda text=text: near(rows, text) for text in texts])
    wrong = 0
    for query, answer in zip(queries, answers, strict=True):
        bits = np.bitwise_count(words ^ query.view(np.uint64)).sum(axis=1)
        near_by = np.flatnonzero(bits <= MATCH_DISTANCE)
        wrong += answer.distances != {keys[row]: int(bits[row]) for row in near_by}
    hashes = [{str(turn): text for turn in range(8)} for text in texts]
    banks, _ = timed(
        [lambda eight=eight: bank_matches(sha256="", hashes=eight) for eight in hashes]
    )
    return {
        "database": database,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "load_average": round(os.getloadavg()[0], 1),
        "images": options.images,
        "bank_entries": options.entries,
        "bands": BANDS,
        "distance": MATCH_DISTANCE,
        "queries": options.queries,
        "fill_seconds": round(filled, 1),
        "look_up_ms": seen,
        "banks_in_8_positions_ms": banks,
        "answers_that_differ_from_comparing_all": wrong,
        "found_per_look_up": round(
            float(np.mean([len(answer.distances) for answer in answers])), 2
        ),
        "is_within_20_ms": seen["p95"] < LIMIT_MS,
    }


def main() -> int:
    """Measure, print the figures, write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--images", type=int, default=1_000_000)
    parser.add_argument("--entries", type=int, default=100_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-known-") as folder:
        os.environ["PIXELWARDEN_DATA_DIR"] = folder
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        import django
        from django.core.management import call_command

        django.setup()
        call_command("migrate", verbosity=0)
        figures = measure(options)
    text = json.dumps(figures, indent=2)
    print(text)
    if options.json is not None:
        options.json.write_text(text + "\n", encoding="utf-8")
    return 0 if figures["is_within_20_ms"] else 1


if __name__ == "__main__":
    sys.exit(main())
