"""How long the page of figures takes at a million cases on PostgreSQL.

    .ci/with-postgresql .venv/bin/python -m benchmarks.bench_insight [CASES]

Makes the rows by SQL alone: a year of pictures, evenly spread, each with an analysis,
a case and three findings; nine of ten decided after one to 300 minutes. Then asks
for the page through Django's client and prints the time of each query.
"""

# ruff: noqa: S608 - the SQL is made of constants of this file
from __future__ import annotations

import os
import sys
import time

import django

CASES = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
CHUNK = 100_000
_AT = "now() - (%(n)s - i) * interval '365 days' / %(n)s"
_SCORE = "0.01 + 0.98 * mod(i::bigint * 7919, 1000) / 1000.0"
_VERDICT = (
    f"(CASE WHEN {_SCORE} < .3 THEN 'authentic' WHEN {_SCORE} < .6 THEN 'inconclusive'"
    f" WHEN {_SCORE} < .85 THEN 'suspicious' ELSE 'fake' END)"
)
_ID = (
    "(lpad(to_hex(%d), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(i), 12, '0'))::uuid"
)
IMAGE, ANALYSIS, CASE, DECISION = (_ID % kind for kind in range(1, 5))
_OUTCOME = f"(CASE WHEN random() < {_SCORE} THEN 'fake' ELSE 'authentic' END)"
_WAIT = "(1 + mod(i, 300)) * interval '1 minute'"
ROWS = (
    f"""INSERT INTO forensics_image (id, sha256, original, byte_size, format,
        media_type, width, height, created_at)
        SELECT {IMAGE}, lpad(to_hex(i), 64, '0'), 'x', 1, 'JPEG', 'image/jpeg', 9, 9,
        {_AT} FROM generate_series(%(from)s, %(to)s) i""",
    f"""INSERT INTO forensics_analysis (id, image_id, status, trigger,
        pipeline_version, attempts, queued_at, finished_at, verdict, score, reasons,
        models_used, codecs, parameters, error_code, error_detail)
        SELECT {ANALYSIS}, {IMAGE}, 'completed', 'submission', '1', 1, {_AT}, {_AT},
        {_VERDICT}, {_SCORE}, jsonb_build_array(repeat('x', 300)), '[]', '{{}}', '{{}}',
        '', '' FROM generate_series(%(from)s, %(to)s) i""",
    """INSERT INTO forensics_finding (id, analysis_id, position, analyzer, version,
        status, score, summary, codes, data, elapsed_ms)
        SELECT gen_random_uuid(), """
    + ANALYSIS
    + """, p, 'check ' || p, '1', 'ok', random(),
        repeat('x', 80), '[]', '{}', 1 FROM generate_series(%(from)s, %(to)s) i,
        generate_series(1, 3) p""",
    f"""INSERT INTO moderation_case (id, image_id, analysis_id, kind, queue_id, status,
        priority, opened_because, opened_at, available_from, machine_verdict,
        machine_score, outcome, decided_at)
        SELECT {CASE}, {IMAGE}, {ANALYSIS}, 'regular', 1,
        CASE WHEN mod(i, 10) = 0 THEN 'open' ELSE 'decided' END, 20, 'x', {_AT}, {_AT},
        {_VERDICT}, {_SCORE}, CASE WHEN mod(i, 10) = 0 THEN '' ELSE 'fake' END,
        CASE WHEN mod(i, 10) = 0 THEN NULL ELSE {_AT} + {_WAIT} END
        FROM generate_series(%(from)s, %(to)s) i""",
    f"""INSERT INTO moderation_decision (id, case_id, analysis_id, image_sha256,
        outcome, reason, note, decided_by_name, machine_verdict, machine_score,
        created_at, final_at, is_automatic, withdrawn_by_name, withdrawn_because)
        SELECT {DECISION}, {CASE}, {ANALYSIS}, lpad(to_hex(i), 64, '0'), {_OUTCOME},
        'other', '', 'A', {_VERDICT}, {_SCORE}, {_AT} + {_WAIT}, {_AT} + {_WAIT}, false,
        '', '' FROM generate_series(%(from)s, %(to)s) i WHERE mod(i, 10) > 0""",
)


def main() -> None:
    """Fill an empty database, then measure."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
    django.setup()
    from django.core.management import call_command  # noqa: PLC0415 - needs the setup

    call_command("migrate", verbosity=0)
    fill()
    measure()


def fill() -> None:
    """Insert the rows, a hundred thousand at a time."""
    from django.db import connection  # noqa: PLC0415 - needs the setup

    started = time.monotonic()
    with connection.cursor() as cursor:
        for first in range(1, CASES + 1, CHUNK):
            part = {"n": CASES, "from": first, "to": min(first + CHUNK - 1, CASES)}
            for statement in ROWS:
                cursor.execute(statement, part)
        cursor.execute("VACUUM ANALYZE")
    print(f"{CASES:,} cases in {time.monotonic() - started:.0f} s")


def measure() -> None:
    """Ask for the page of each period three times; print the fastest."""
    from django.core.cache import cache  # noqa: PLC0415 - needs the setup
    from django.db import connection  # noqa: PLC0415 - same
    from django.test import Client  # noqa: PLC0415 - same
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415 - same

    from tests.factories import make_user  # noqa: PLC0415 - same

    client = Client()
    client.force_login(make_user("lead"))
    for query in ("days=7", "days=30", "days=90", "days=365", "days=30&queue=review"):
        best, slowest = float("inf"), ""
        for _ in range(3):
            cache.clear()
            with CaptureQueriesContext(connection) as queries:
                started = time.monotonic()
                answer = client.get(
                    f"/cases/insight/?{query}", headers={"host": "localhost"}
                )
                taken = time.monotonic() - started
            if answer.status_code != 200:
                raise SystemExit(f"answered {answer.status_code}")
            if taken < best:
                best = taken
                ranked = sorted(queries, key=lambda one: -float(one["time"]))
                slowest = "; ".join(
                    f"{one['time']} s {_table(one['sql'])}" for one in ranked[:4]
                )
        print(f"{query:22} {best * 1000:7.0f} ms, {len(queries)} queries: {slowest}")


def _table(statement: str) -> str:
    """Name a query by its table and by what only it asks for."""
    table = statement.partition(" FROM ")[2].split(" ", 1)[0].strip('"')
    marks = ("percentile_cont", "forensics_finding", "FLOOR", "LIMIT 10", "MIN(")
    return " ".join([table, *(mark for mark in marks if mark in statement)])


if __name__ == "__main__":
    main()
