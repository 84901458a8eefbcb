"""Server time of the API's lists and details, beside bare views of the framework.

``.ci/with-postgresql .venv/bin/python -m benchmarks.bench_api --cases 1000000`` fills a
database of its own (SQLite in a temporary folder, or the empty PostgreSQL that
``DATABASE_URL`` names; see ``benchmarks.fill``; one image a case) and asks through
Django's whole stack: token, permissions, queries, serializing, versions, and for
details the record of the view. A bare view is the framework's ``ReadOnlyModelViewSet``
with its cursor pagination over the same rows and serializer: no visibility, no filters,
no version, nothing on record. The exit status is 1 where a page's 95 % exceeds 50 ms.
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
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from django.test import Client

LIMIT_MS = 50.0
API = "/api/v1"
# Who asks, what; {names} are ids from the middle of the table.
PAGES = (
    ("lead-0", "/images/"),
    ("lead-0", "/images/?ordering=created_at"),
    ("lead-0", "/images/?cursor={image_cursor}"),
    ("lead-0", "/images/?verdict=fake"),
    ("lead-0", "/images/?format=GIF"),
    ("lead-0", "/images/?sha256={sha256}"),
    ("lead-0", "/images/?metadata=canon"),
    ("lead-0", "/images/?expand=case"),
    ("lead-0", "/images/?fields=id,analysis.verdict"),
    ("lead-0", "/images/?page_size=200"),
    ("lead-0", "/images/{image}/"),
    ("lead-0", "/images/{image}/?expand=analysis,case"),
    ("lead-0", "/images/{image}/analyses/"),
    ("lead-0", "/analyses/"),
    ("lead-0", "/analyses/?verdict=authentic"),
    ("lead-0", "/analyses/?image={image}"),
    ("lead-0", "/analyses/?min_score=0.9"),
    ("lead-0", "/analyses/?finished_after={day}"),
    ("lead-0", "/analyses/{analysis}/"),
    ("lead-0", "/analyses/{analysis}/ again"),
    ("lead-0", "/signals/"),
    ("lead-0", "/signals/?analysis={analysis}"),
    ("lead-0", "/signals/?name=ela"),
    ("lead-0", "/signals/{signal}/"),
    ("lead-0", "/evidence/"),
    ("lead-0", "/evidence/?analysis={analysis}"),
    ("lead-0", "/evidence/{evidence}/"),
    ("lead-0", "/cases/"),
    ("lead-0", "/cases/?status=open"),
    ("lead-0", "/cases/?status=decided&ordering=-opened_at"),
    ("lead-0", "/cases/?verdict=fake"),
    ("lead-0", "/cases/?queue=q1"),
    ("lead-0", "/cases/?image={image}"),
    ("lead-0", "/cases/?expand=image,analysis,decision"),
    ("lead-0", "/cases/{case}/"),
    ("lead-0", "/cases/{case}/?expand=image,analysis,decision"),
    ("lead-0", "/decisions/"),
    ("lead-0", "/decisions/?outcome=fake"),
    ("lead-0", "/decisions/?decided_by=moderator-7"),
    ("lead-0", "/decisions/{decision}/"),
    ("lead-0", "/audit/"),
    ("lead-0", "/audit/?case={case}"),
    ("lead-0", "/policies/"),
    ("lead-0", "/queues/"),
    ("lead-0", "/models/"),
    ("moderator-0", "/cases/"),
    ("moderator-0", "/decisions/"),
    ("sender-499", "/images/"),
    ("sender-499", "/analyses/"),
    ("sender-499", "/signals/"),
    ("sender-0", "/images/"),
    ("sender-0", "/analyses/"),
)
BARE = (
    *("/images/", "/images/{image}/", "/analyses/", "/analyses/{analysis}/"),
    *("/cases/", "/cases/{case}/", "/decisions/", "/decisions/{decision}/"),
    *("/signals/", "/evidence/"),
)


def bare_views() -> list[Any]:
    """Return addresses of views that are the framework's alone."""
    from django.db.models import Prefetch
    from rest_framework.pagination import CursorPagination
    from rest_framework.permissions import IsAuthenticated
    from rest_framework.routers import SimpleRouter
    from rest_framework.viewsets import ReadOnlyModelViewSet

    from forensics import selectors
    from forensics.api import parts, serializers
    from forensics.models import Analysis, EvidenceFile, Finding, Image, Submission
    from moderation.api import serializers as of_cases
    from moderation.models import Case, Decision

    class Pages(CursorPagination):
        page_size = 50

        def get_ordering(self, request: Any, queryset: Any, view: Any) -> Any:
            return (view.order,)

    arrivals = Prefetch(
        "submissions", Submission.objects.select_related("submitted_by")
    )
    copies = Prefetch(
        "current_analysis__evidence_files",
        EvidenceFile.objects.filter(finding=None),
        to_attr="renditions",
    )
    images = Image.objects.select_related("current_analysis")
    cases = Case.objects.select_related(
        "analysis", "opened_by", "claimed_by", "assigned_to", "queue"
    )
    whole = cases.prefetch_related("decisions__decided_by")
    decisions = Decision.objects.select_related("decided_by")

    class WholeImage(serializers.ImageSerializer):
        submissions = serializers.SubmissionSerializer(many=True)  # type: ignore[assignment]  # instead

    one = WholeImage
    table: tuple[tuple[str, Any, Any, Any, Any, str], ...] = (
        (
            "images",
            *(images.prefetch_related(arrivals, copies),) * 2,
            one,
            one,
            "created_at",
        ),
        (
            "analyses",
            Analysis.objects.all(),
            selectors.with_evidence(Analysis.objects.all()),
            serializers.AnalysisSummarySerializer,
            serializers.AnalysisSerializer,
            "queued_at",
        ),
        (
            "cases",
            cases,
            whole,
            of_cases.CaseSummarySerializer,
            of_cases.CaseSerializer,
            "opened_at",
        ),
        (
            "decisions",
            *(decisions,) * 2,
            *(of_cases.DecisionSerializer,) * 2,
            "created_at",
        ),
        (
            "signals",
            *(Finding.objects.all(),) * 2,
            *(parts.SignalSummarySerializer,) * 2,
            "id",
        ),
        (
            "evidence",
            *(EvidenceFile.objects.all(),) * 2,
            *(parts.EvidenceDetailSerializer,) * 2,
            "id",
        ),
    )
    router = SimpleRouter(use_regex_path=False)
    for name, listed, detailed, short, long, order in table:

        class Bare(ReadOnlyModelViewSet[Any]):
            pagination_class = Pages
            permission_classes = (IsAuthenticated,)
            filter_backends = ()
            lookup_value_converter = "uuid"
            queryset, whole_queryset = listed, detailed
            shapes = (short, long)

            def get_queryset(self) -> Any:
                is_list = self.action == "list"
                return (self.queryset if is_list else self.whole_queryset).all()

            def get_serializer_class(self) -> Any:
                return self.shapes[self.action != "list"]

        Bare.order = f"-{order}"  # type: ignore[attr-defined]
        router.register(name, Bare, basename=f"bare-{name}")
    return list(router.urls)


def middle() -> dict[str, str]:
    """Return ids of what lies in the middle of the table."""
    from forensics.keyset import cursor_after
    from forensics.models import Image
    from moderation.models import Decision

    decision = Decision.objects.order_by("created_at", "id")[
        Decision.objects.count() // 2
    ]
    case = decision.case
    image = case.image
    analysis = image.current_analysis
    assert analysis is not None  # noqa: S101 - it was filled
    deep = Image.objects.order_by("-created_at", "-id")[Image.objects.count() // 2]
    fields = ("-created_at", "-id")
    return {
        "image": str(image.pk),
        "sha256": image.sha256,
        "analysis": str(analysis.pk),
        "signal": str(analysis.findings.all()[0].pk),
        "evidence": str(analysis.evidence_files.all()[0].pk),
        "case": str(case.pk),
        "decision": str(decision.pk),
        "image_cursor": cursor_after(deep, name="-created_at", fields=fields),
        "day": f"{datetime.now(UTC):%Y-%m-%d}T00:00:00Z",
    }


def timed(client: Client, address: str, times: int) -> dict[str, Any]:
    """Ask some times; return milliseconds, queries and bytes."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    address, _, again = address.partition(" ")
    headers: dict[str, Any] = {}
    if again:
        headers["HTTP_IF_NONE_MATCH"] = client.get(address).headers["ETag"]
    client.get(address, **headers)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(address, **headers)
    logged = queries.captured_queries  # before the next request clears the log
    if answer.status_code not in {200, 304}:
        raise RuntimeError(f"{address}: {answer.status_code} {answer.content[:300]!r}")
    taken, used = [], time.process_time()
    for _ in range(times):
        started = time.perf_counter()
        client.get(address, **headers)
        taken.append((time.perf_counter() - started) * 1000)
    used = (time.process_time() - used) * 1000 / times
    low, high, most = np.percentile(taken, (50, 95, 100))
    return {
        "page": address + (" (304)" if again else ""),
        "bytes": len(answer.content),
        "queries": len(logged),
        "database_ms": round(sum(float(q["time"]) for q in logged) * 1000, 1),
        "processor_ms": round(used, 1),  # of this process, not the database's
        "median_ms": round(float(low), 1),
        "p95_ms": round(float(high), 1),
        "max_ms": round(float(most), 1),
    }


def client_of(name: str) -> Client:
    """Return a client that sends a token of somebody's."""
    from django.test import Client

    from accounts.models import User
    from accounts.tokens import issue_token

    secret = issue_token(user=User.objects.get(username=name)).secret
    return Client(HTTP_HOST="localhost", HTTP_AUTHORIZATION=f"Bearer {secret}")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Fill, ask for every page, return the figures."""
    import types

    from django.test import override_settings
    from django.urls import include, path

    from benchmarks.bench_lists import settle
    from benchmarks.fill import fill
    from config.heap import freeze_loaded
    from config.urls import urlpatterns
    from forensics.models import Image

    filled = {} if options.filled else fill(cases=options.cases, seed=options.seed)
    database, found = settle(), middle()
    urls: Any = types.ModuleType("bench_api_urls")
    urls.urlpatterns = [path("bare/", include(bare_views())), *urlpatterns]
    sys.modules["bench_api_urls"] = urls
    asked = [(who, API + page.format(**found)) for who, page in PAGES]
    asked += [("lead-0", "/bare" + page.format(**found)) for page in BARE]
    pages = []
    with override_settings(ROOT_URLCONF="bench_api_urls"):
        clients = {who: client_of(who) for who in {who for who, _ in asked}}
        freeze_loaded()  # as a web process does
        for who, address in asked:
            if options.only and options.only not in address:
                continue
            page = {"person": who, **timed(clients[who], address, options.times)}
            pages.append(page)
            mark = " " if page["p95_ms"] <= LIMIT_MS else "!"
            print(
                f"{mark}{page['median_ms']:8.1f} {page['p95_ms']:8.1f} ms, "
                f"{page['processor_ms']:6.1f} of a processor, "
                f"{page['queries']:3} queries {page['bytes']:7} bytes  {who}: "
                f"{page['page'][:90]}",
                file=sys.stderr,
            )
    ours = [page for page in pages if page["page"].startswith(API)]
    return {
        "database": database,
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "python": platform.python_version(),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "load_average": round(os.getloadavg()[0], 1),
        "images": Image.objects.count(),
        "fill": filled,
        "times": options.times,
        "limit_p95_ms": LIMIT_MS,
        "highest_p95_ms": max(page["p95_ms"] for page in ours),
        "is_within_limit": all(page["p95_ms"] <= LIMIT_MS for page in ours),
        "pages": pages,
    }


def main() -> int:
    """Measure, write the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--cases", type=int, default=100_000, help="one image each")
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="pages whose address holds this")
    parser.add_argument(
        "--filled", action="store_true", help="the database is filled already"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-api-") as folder:
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
    return 0 if figures["is_within_limit"] else 1


if __name__ == "__main__":
    sys.exit(main())
