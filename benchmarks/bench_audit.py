"""What the record costs, and how fast its pages and the admin's list of images are.

    .ci/with-postgresql .venv/bin/python -m benchmarks.bench_audit --rows 1000000

Fills an empty database with so many events, images and analyses, and a tenth as many
cases to decide; then measures. Pages are asked for in the process, without a network.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import sys
import time
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402
from django.utils import timezone  # noqa: E402
from uuid6 import uuid7  # noqa: E402

from accounts.models import User  # noqa: E402
from forensics.models import Analysis, EvidenceFile, Image, Submission  # noqa: E402
from moderation.audit_chain import START, hash_of  # noqa: E402
from moderation.audit_selectors import chain_breaks, entry_of  # noqa: E402
from moderation.models import AuditEvent, AuditHead, Case, Queue  # noqa: E402
from moderation.services.audit import record  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BATCH = 5000
ACTIONS = ("evidence_viewed",) * 7 + ("case_claimed", "case_decided", "signed_in")


def main() -> None:
    """Fill, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    call_command("migrate", verbosity=0)
    if Image.objects.exists() or AuditEvent.objects.exists():
        sys.exit("This database holds rows. Name an empty one in DATABASE_URL.")
    person = User.objects.create_superuser("reader", "", "correct horse battery")
    for name, fill in (("images", fill_images), ("events", fill_events)):
        print(f"filling {rows:,} {name}: {timed(lambda f=fill: f(rows, person)):.0f} s")
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
    measure_chain(person)
    measure_pages(person, rows)


def timed(do: Callable[[], Any]) -> float:
    """Return how many seconds something takes."""
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


def fill_images(count: int, person: User) -> None:
    """Make images with an analysis each; every tenth waits for a decision."""
    queue = Queue.objects.get(pk=Queue.objects.values_list("pk").first()[0])
    start = timezone.now() - timedelta(seconds=count)
    for first in range(0, count, BATCH):
        numbers = range(first, min(first + BATCH, count))
        analyses, images, cases, arrivals, thumbnails = [], [], [], [], []
        for number in numbers:
            at = start + timedelta(seconds=number)
            image = Image(
                organization_id=1,
                sha256=f"{number * 0x9E3779B97F4A7C15 % 2**256:064x}",
                original="x",
                byte_size=1,
                format="JPEG",
                media_type="image/jpeg",
                width=1,
                height=1,
                created_at=at,
            )
            analysis = Analysis(
                image=image,
                organization_id=1,
                status="completed",
                verdict=("authentic", "inconclusive", "suspicious", "fake")[number % 4],
                score=0.5,
                queued_at=at,
            )
            images.append(image)
            analyses.append(analysis)
            thumbnails.append(
                EvidenceFile(
                    analysis=analysis,
                    kind="thumbnail",
                    file="x",
                    media_type="image/webp",
                    width=1,
                    height=1,
                    byte_size=1,
                )
            )
            arrivals.append(
                Submission(
                    image=image,
                    organization_id=1,
                    door="web",
                    original_name=f"{number}.jpg",
                    created_at=at,
                )
            )
            if number % 10 == 0:
                cases.append(
                    Case(
                        image=image,
                        organization_id=1,
                        analysis=analysis,
                        queue=queue,
                        opened_because="x",
                        opened_at=at,
                    )
                )
        with transaction.atomic():
            for image, analysis in zip(images, analyses, strict=True):
                image.current_analysis_id = analysis.pk
            Image.objects.bulk_create(images)
            Analysis.objects.bulk_create(analyses)
            Submission.objects.bulk_create(arrivals)
            EvidenceFile.objects.bulk_create(thumbnails)
            Case.objects.bulk_create(cases)


def fill_events(count: int, person: User) -> None:
    """Make a chain that holds."""
    for part in batches(events(count, person)):
        AuditEvent.objects.bulk_create(part)
        last = part[-1]
        AuditHead.objects.update(count=last.position, hash=last.hash)


def events(count: int, person: User) -> Iterator[AuditEvent]:
    """Yield rows, each bound to the one before."""
    previous = START
    start = timezone.now() - timedelta(seconds=count)
    for number in range(1, count + 1):
        event = AuditEvent(
            organization_id=1,
            position=number,
            at=start + timedelta(seconds=number),
            actor=person if number % 100 else None,
            actor_name="reader" if number % 100 else "",
            address="192.0.2.1",
            action=ACTIONS[number % len(ACTIONS)],
            image=uuid7() if number % 5 else None,
            data={"what": "case_page"},
            previous_hash=previous,
        )
        previous = event.hash = hash_of(entry_of(event), previous)
        yield event


def batches(rows: Iterator[AuditEvent]) -> Iterator[list[AuditEvent]]:
    """Yield rows some at a time."""
    part: list[AuditEvent] = []
    for row in rows:
        part.append(row)
        if len(part) == BATCH:
            yield part
            part = []
    if part:
        yield part


def measure_chain(person: User) -> None:
    """Say how long verifying and appending take."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found: list[Any] = []
    seconds = timed(lambda: found.extend(chain_breaks()))
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    print(f"verify: {seconds:.1f} s, {len(found)} breaks, {more / 1024:.0f} MiB more")

    def append() -> None:
        with transaction.atomic():
            record("evidence_viewed", actor=person, what="case_page")

    times = [timed(append) * 1000 for _ in range(300)]
    print(f"append: {statistics.median(times):.2f} ms median, {max(times):.1f} ms most")


def measure_pages(person: User, rows: int) -> None:
    """Say how long pages take: the least of five, and how many queries."""
    client = Client(raise_request_exception=True)
    client.force_login(person)
    host = {"HTTP_HOST": "localhost"}
    half = timezone.now() - timedelta(seconds=rows // 2)
    images = "/admin/forensics/image/"
    for path in (
        "/cases/audit/",
        f"/cases/audit/?before={rows // 2}",
        "/cases/audit/?person=reader",
        "/cases/audit/?action=signed_in",
        f"/cases/audit/?action=signed_in&person=reader&until={half:%Y-%m-%dT%H:%M}",
        f"/cases/audit/?until={half:%Y-%m-%dT%H:%M}",
        f"/cases/audit/?image={uuid7()}",
        "/api/v1/audit/",
        "/admin/moderation/auditevent/",
        "/admin/moderation/case/",
        images,
        f"{images}?p=100",
        f"{images}?state=all",
        f"{images}?state=decided",
        f"{images}?state=none",
        f"{images}?state=all&current_analysis__verdict__exact=fake",
        f"{images}?state=all&q=3c6ef372",
        f"{images}?state=all&q=99999.jpg",
    ):
        client.get(path, **host)
        with CaptureQueriesContext(connection) as asked:
            answer = client.get(path, **host)
        if answer.status_code != HTTPStatus.OK:
            sys.exit(f"{path} answers {answer.status_code}.")
        queries = list(asked.captured_queries)  # the next request empties the log
        slowest = max(queries, key=lambda one: float(one["time"]))
        best = min(timed(lambda p=path: client.get(p, **host)) for _ in range(5))
        print(
            f"{best * 1000:7.0f} ms  {len(queries):3} queries "
            f"(slowest {float(slowest['time']) * 1000:.0f} ms)  {path}"
        )
        if os.environ.get("SHOW_SLOW") and float(slowest["time"]) > 0.1:
            print("      ", slowest["sql"][:1500])


if __name__ == "__main__":
    main()
