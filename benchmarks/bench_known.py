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
# ruff: noqa: S608, SLF001 - statements of our own columns; _meta is Django's documented name

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Hashes = NDArray[np.uint8]

AT_ONCE = 5_000
LIMIT_MS = 20.0
UNKNOWN = "0" * 64


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


def insert(rows: Iterator[list[Any]], like: Any) -> None:
    """Store many rows at once: those of a table, in the order of its columns."""
    from django.db import connection

    meta = like._meta
    names = ", ".join(f'"{field.column}"' for field in meta.concrete_fields)
    into = f'"{meta.db_table}" ({names})'
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {into} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(meta.concrete_fields))
            cursor.executemany(f"INSERT INTO {into} VALUES ({marks})", rows)


def rows_like(
    like: Any, hashes: Hashes, first_key: int, **texts: Callable[[str], str]
) -> Iterator[list[Any]]:
    """Yield a row for each hash: ``like``, with keys, texts and bands of its own."""
    from django.db import connection

    from forensics.analysis.pdq_index import many_band_values
    from forensics.known_models import BAND_FIELDS

    fields = like._meta.concrete_fields
    row = [f.get_db_prep_save(f.pre_save(like, add=True), connection) for f in fields]
    places = {field.attname: place for place, field in enumerate(fields)}
    key, key_place = like._meta.pk, places[like._meta.pk.attname]
    banded = [places[name] for name in BAND_FIELDS if name in places]
    number = first_key
    for part in parts(hashes):
        values = many_band_values(part).tolist() if banded else part
        for text, bands in zip(part, values, strict=True):
            row[key_place] = key.get_db_prep_save(UUID(int=number), connection)
            for name, made in texts.items():
                row[places[name]] = made(text)
            for place, value in zip(banded, bands, strict=False):
                row[place] = value
            number += 1
            yield list(row)


def fill(hashes: Hashes) -> list[UUID]:
    """Store an image for each hash; return their keys in order."""
    from django.db import transaction

    from forensics.models import Fingerprint, Image

    image = Image(original="none", format="JPEG", byte_size=1, width=640, height=480)
    fingerprint = Fingerprint(image_id=UUID(int=0), quality=100, version="1")
    with transaction.atomic():
        insert(rows_like(image, hashes, 1, sha256=sha256_of), image)
        insert(rows_like(fingerprint, hashes, 1, pdq=str), fingerprint)
    return [UUID(int=number + 1) for number in range(len(hashes))]


def sha256_of(text: str) -> str:
    """Return a SHA-256 that belongs to no file, from a hash."""
    return hashlib.sha256(text.encode()).hexdigest()


def fill_bank(hashes: Hashes) -> None:
    """Store an entry of one bank for each hash."""
    from forensics.models import Bank, BankEntry

    entry = BankEntry(bank=Bank.objects.create(name="Benchmark", purpose="fake"))
    insert(rows_like(entry, hashes, 1, pdq=str), entry)


def processor_seconds() -> float:
    """Return what this process and a PostgreSQL server beside it have used."""
    from django.db import connection

    used = time.process_time()
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            stat = Path(f"/proc/{cursor.fetchone()[0]}/stat")
        if stat.exists():  # not on another machine
            fields = stat.read_text(encoding="ascii").rsplit(")", 1)[1].split()
            ticks = int(fields[11]) + int(fields[12])
            used += ticks / os.sysconf("SC_CLK_TCK")
    return used


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
    before = processor_seconds()
    for ask in asks:
        started = time.perf_counter()
        answers.append(ask())
        times.append((time.perf_counter() - started) * 1000)
    used = (processor_seconds() - before) * 1000 / len(asks)
    low, high, most = np.percentile(times, (50, 95, 100))
    figures = {"median": low, "p95": high, "max": most, "processor_mean": used}
    return {name: round(float(ms), 2) for name, ms in figures.items()}, answers


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
    print(f"Filled in {filled:.0f} s; looking up.", file=sys.stderr)
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
        [
            lambda eight=eight: bank_matches(
                sha256=UNKNOWN, hashes=eight, organization_id=1
            )
            for eight in hashes
        ]
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
