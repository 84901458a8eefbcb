"""Server time of every list page, with filters and searches, on many cases.

``python -m benchmarks.bench_lists --json OUT`` fills a database of its own (SQLite in a
temporary folder, or the empty PostgreSQL that ``DATABASE_URL`` names; see
``benchmarks.fill``) and asks for each page through Django's whole stack: session,
permissions, queries, templates. On PostgreSQL: ``.ci/with-postgresql .venv/bin/python
-m benchmarks.bench_lists --cases 1000000 --json OUT``. The exit status is 1 where a
page's median exceeds the limit: 100 ms on PostgreSQL, 200 ms on SQLite.
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
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from django.test import Client

LIMITS_MS = {"postgresql": 100.0, "sqlite": 200.0}
DAY = f"{datetime.now(UTC):%Y-%m-%d}"
CASES, IMAGES, DECISIONS = "/cases/", "/images/", "/cases/decisions/"
PAGES = (
    (CASES, "sort="),
    (CASES, "status=all"),
    (CASES, "status=decided"),
    (CASES, "status=decided&outcome=authentic&verdict=fake"),
    (CASES, "status=held"),
    (CASES, "sort=newest"),
    (CASES, "sort=score"),
    (CASES, "sort=due"),
    (CASES, "status=all&sort=score-low"),
    (CASES, "queue=q1"),
    (CASES, "queue=q1&verdict=fake&priority=30"),
    (CASES, "waiting=mine"),
    (CASES, "waiting=assigned"),
    (CASES, "waiting=unclaimed"),
    (CASES, "waiting=overdue"),
    (CASES, "waiting=escalated"),
    (CASES, "waiting=held"),
    (CASES, "verdict=authentic"),
    (CASES, "score_from=97&score_to=98"),
    (CASES, "status=all&score_from=40&score_to=41"),
    (CASES, "policy=1"),
    (CASES, "uploader=sender-3"),
    (CASES, "uploader=sender-499&status=all"),
    (CASES, "uploader=nobody"),
    (CASES, "door=admin"),
    (CASES, "format=GIF"),
    (CASES, "format=GIF&status=all"),
    (CASES, "format=BMP&status=all"),
    (CASES, f"opened_from={DAY}&opened_to={DAY}"),
    (CASES, f"status=all&received_from={DAY}&received_to={DAY}"),
    (CASES, "tag={tag}"),
    (CASES, "tag={rare_tag}&status=all"),
    (CASES, "q=canon"),
    (CASES, "q=canon&status=all&sort=newest"),
    (CASES, "q={rare}&status=all"),
    (CASES, "q={rare}"),
    (CASES, "q={sha}&status=all"),
    (CASES, "q=%22adobe+photoshop%22+{common}&status=all"),
    (IMAGES, "sort="),
    (IMAGES, "sort=oldest"),
    (IMAGES, "verdict=fake"),
    (IMAGES, "status=failed"),
    (IMAGES, "format=GIF"),
    (IMAGES, "format=BMP"),
    (IMAGES, "door=admin"),
    (IMAGES, "uploader=sender-499"),
    (IMAGES, "uploader=sender-0"),
    (IMAGES, "uploader=sender-0&door=admin"),
    (IMAGES, f"received_from={DAY}&received_to={DAY}"),
    (IMAGES, "q=canon"),
    (IMAGES, "q=IMG_4711"),
    (IMAGES, "q=img_47"),
    (IMAGES, "q=jpe"),
    (IMAGES, "q=20"),
    (IMAGES, "q={sha}"),
    (IMAGES, "q={rare}"),
    (IMAGES, "q={common}"),
    (IMAGES, "q={middle}+{common}"),
    (IMAGES, "q=nothingiscalledso"),
    (IMAGES, "q=canon&verdict=authentic&format=PNG"),
    (DECISIONS, "sort="),
    (DECISIONS, "sort=oldest"),
    (DECISIONS, "outcome=authentic"),
    (DECISIONS, "against=fake"),
    (DECISIONS, "decided_by=moderator-7"),
    (DECISIONS, "reason=quality_too_low"),
    (DECISIONS, "force=no"),
    (DECISIONS, "verdict=authentic"),
    (DECISIONS, f"made_from={DAY}&made_to={DAY}"),
    (DECISIONS, "q={rare}"),
    (DECISIONS, "q={common}"),
)
# What a person without rights sees: only images they sent, many or few.
OWN = (
    ("sender-0", "sort="),
    ("sender-0", "q=canon"),
    ("sender-0", "q=nothingiscalledso"),
    ("sender-0", "q=IMG_4711"),
    ("sender-499", "sort="),
    ("sender-499", "q=canon"),
    ("sender-499", "verdict=fake"),
)
DEEP = (
    (CASES, "status=all"),
    (CASES, "sort="),
    (IMAGES, "sort="),
    (DECISIONS, "sort="),
)


def texts(seed: int) -> dict[str, str]:
    """Return words by how often they occur, and what else pages are asked for."""
    import random

    from benchmarks.fill import TAGS, vocabulary
    from forensics.models import Image
    from forensics.search_words import words_of

    words = vocabulary(random.Random(seed))  # noqa: S311 - the generator's
    image = Image.objects.order_by("pk").first()
    assert image is not None  # noqa: S101 - it was filled
    return {
        "common": words_of(words[0])[0],
        "middle": words[400],
        "rare": words[3990],
        "tag": f"tag+{words[0]}",
        "rare_tag": f"tag+{words[TAGS - 1]}",
        "sha": image.sha256[:20],
    }


def deep_cursor(path: str, query: str) -> str:
    """Return the cursor of a page far in: after the row in the middle of the table."""
    from django.http import QueryDict

    from accounts.models import User
    from forensics.forms import ImageFilterForm
    from forensics.keyset import cursor_after
    from forensics.models import Image
    from moderation.list_forms import CaseListForm, DecisionListForm
    from moderation.models import Case, Decision

    forms: dict[str, Any] = {
        CASES: (CaseListForm, Case),
        IMAGES: (ImageFilterForm, Image),
        DECISIONS: (DecisionListForm, Decision),
    }
    make, model = forms[path]
    name, sort = make(QueryDict(query), user=User.objects.order_by("pk")[0]).order
    rows = model.objects.all()
    if path == CASES and "status=all" not in query:
        rows = rows.filter(waits=True)
    ordered = rows.order_by(*sort.fields)
    row = ordered[max(rows.count() // 2, 1) : max(rows.count() // 2, 1) + 1].get()
    return cursor_after(row, name=name, fields=sort.fields)


def timed(client: Client, address: str, times: int) -> dict[str, Any]:
    """Ask for a page some times; return milliseconds, queries and rows."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from benchmarks.bench_known import processor_seconds

    taken = []
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address)
    asked = queries.captured_queries
    if answer.status_code != 200:
        raise RuntimeError(f"{address}: {answer.status_code}")
    before = processor_seconds()
    for _ in range(times):
        started = time.perf_counter()
        client.get(address)
        taken.append((time.perf_counter() - started) * 1000)
    used = (processor_seconds() - before) * 1000 / times
    low, high, most = np.percentile(taken, (50, 95, 100))
    return {
        "page": address,
        "rows": answer.content.count(b" data-row>"),
        "queries": len(asked),
        "database_ms": round(sum(float(q["time"]) for q in asked) * 1000, 1),
        "processor_ms": round(used, 1),
        "median_ms": round(float(low), 1),
        "p95_ms": round(float(high), 1),
        "max_ms": round(float(most), 1),
    }


def settle() -> str:
    """Let PostgreSQL know its rows, as autovacuum would; return name and version.

    SQLite gets what a worker does now and then (``PRAGMA optimize``), and no more.
    """
    from django.db import connection

    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("VACUUM ANALYZE")
        version = "sqlite_version()" if connection.vendor == "sqlite" else "version()"
        cursor.execute(f"SELECT {version}")
        return f"{connection.vendor} {cursor.fetchone()[0].split(' on ')[0]}"


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Fill, ask for every page, return the figures."""
    from django.db import connection
    from django.test import Client

    from accounts.models import User
    from benchmarks.fill import fill
    from moderation.models import Case

    filled = {} if options.filled else fill(cases=options.cases, seed=options.seed)
    database = settle()
    limit = LIMITS_MS[connection.vendor]
    found = texts(options.seed)
    asked = [("lead-0", f"{path}?{query.format(**found)}") for path, query in PAGES]
    asked += [
        ("lead-0", f"{path}?{query}&cursor={deep_cursor(path, query)}")
        for path, query in DEEP
    ]
    asked += [(person, f"{IMAGES}?{query}") for person, query in OWN]
    pages = []
    for person, address in asked:
        if options.only and options.only not in address:
            continue
        client = Client(HTTP_HOST="localhost")
        client.force_login(User.objects.get(username=person))
        page = {"person": person, **timed(client, address, options.times)}
        pages.append(page)
        mark = " " if page["median_ms"] <= limit else "!"
        print(
            f"{mark}{page['median_ms']:8.1f} {page['p95_ms']:8.1f} ms, "
            f"{page['processor_ms']:6.1f} of a processor, "
            f"{page['queries']:3} queries {page['rows']:3} rows  {person}: "
            f"{address[:90]}",
            file=sys.stderr,
        )
    return {
        "database": database,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "date": DAY,
        "load_average": round(os.getloadavg()[0], 1),
        "cases": Case.objects.count(),
        "fill": filled,
        "times": options.times,
        "limit_ms": limit,
        "slowest_median_ms": max(page["median_ms"] for page in pages),
        "is_within_limit": all(page["median_ms"] <= limit for page in pages),
        "pages": pages,
    }


def main() -> int:
    """Measure, write the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--times", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="pages whose address holds this")
    parser.add_argument("--folder", type=Path, help="keep SQLite's file here")
    parser.add_argument(
        "--filled", action="store_true", help="the database is filled already"
    )
    options = parser.parse_args()
    made = tempfile.TemporaryDirectory(prefix="bench-lists-")
    with nullcontext(options.folder) if options.folder else made as folder:
        os.environ["PIXELWARDEN_DATA_DIR"] = str(folder)
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
    return 0 if figures["is_within_limit"] else 1


if __name__ == "__main__":
    sys.exit(main())
