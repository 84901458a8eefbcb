"""Webhooks a second, beside bare posts of the same bodies to the same receiver.

``python -m benchmarks.bench_webhooks --json OUT`` has the worker's courier do all that
it does: publish events of stored analyses, lease deliveries, sign, look the name up and
judge its addresses, connect, send, log the attempt and settle. The database is SQLite
in a temporary folder, or the empty one that ``DATABASE_URL`` names:
``.ci/with-postgresql .venv/bin/python -m benchmarks.bench_webhooks --json OUT``. The
receiver is a process of its own that answers 204. Bare posts are made by as many
threads as the courier has hands; each round measures every way in turn.
"""

# ruff: noqa: PLC0415 - the settings are named before anything of Django's loads

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from multiprocessing.connection import Connection

ROUNDS = 4
IN_PARTS = 200  # deliveries that are timed step by step
HOST = "127.0.0.1"
KIND = {"Content-Type": "application/json"}


def main() -> None:
    """Measure, print and write down."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--deliveries", type=int, default=2000)
    parser.add_argument("--endpoints", type=int, default=8)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="pixelwarden-webhooks-") as folder,
        receiver() as port,
    ):
        os.environ |= {
            "PIXELWARDEN_DATA_DIR": folder,
            "PIXELWARDEN_LOG_LEVEL": "WARNING",
            "PIXELWARDEN_OUTBOUND_SCHEMES": "http",
            "PIXELWARDEN_OUTBOUND_NETWORKS": "127.0.0.0/8",
            "PIXELWARDEN_OUTBOUND_PORTS": str(port),
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        import django

        django.setup()
        result = measured(port, options.deliveries, options.endpoints)
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")


def measured(port: int, deliveries: int, endpoints: int) -> dict[str, Any]:
    """Return the figures of all ways of sending."""
    from django.core.management import call_command
    from django.db import connection

    from config.courier import HANDS
    from moderation.models import Event

    result: dict[str, Any] = {
        "command": " ".join(["python -m benchmarks.bench_webhooks", *sys.argv[1:]]),
        "version": version(),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load_at_start": round(os.getloadavg()[0], 1),
        "niceness": os.getpriority(os.PRIO_PROCESS, 0),
        "database": connection.vendor,
    }
    call_command("migrate", verbosity=0)
    if Event.objects.exists():
        sys.exit("This database holds events. Name an empty one in DATABASE_URL.")
    make_endpoints(port, endpoints)
    announce(1)
    courier_round()  # from here on every endpoint is known to be quick
    events = max(1, round(deliveries / ROUNDS / endpoints))
    found = rates(port, events)
    courier = statistics.median(found["courier"])
    return result | {
        "deliveries": events * endpoints * ROUNDS,
        "endpoints": endpoints,
        "hands": HANDS,
        "per_second": {
            name: {"median": round(statistics.median(one)), "rounds": rounded(one)}
            for name, one in found.items()
        },
        "courier_beside": {
            name: round(courier / statistics.median(one), 3)
            for name, one in found.items()
            if name != "courier"
        },
        "milliseconds_each": parts(max(1, IN_PARTS // endpoints)),
    }


def rates(port: int, events: int) -> dict[str, list[float]]:
    """Return for each way how many it sent in a second, round after round."""
    ways: dict[str, Callable[[list[bytes]], None]] = {
        "http.client, a connection each": partial(post_each, port),
        "http.client, kept connections": partial(post_kept, port),
        "httpx, kept connections": partial(post_httpx, port),
    }
    found: dict[str, list[float]] = {name: [] for name in ("courier", *ways)}
    for _ in range(ROUNDS):
        announce(events)
        seconds, bodies = courier_round()
        found["courier"].append(len(bodies) / seconds)
        for name, way in ways.items():
            start = time.perf_counter()
            way(bodies)
            found[name].append(len(bodies) / (time.perf_counter() - start))
    return found


def make_endpoints(port: int, count: int) -> None:
    """Make endpoints that want everything, as a lead does."""
    from django.contrib.auth.models import Group

    from accounts.models import User
    from moderation.services.endpoints import Wish, create_endpoint

    lead = User.objects.create_user("benchmark")
    lead.groups.add(Group.objects.get(name="lead"))
    for number in range(count):
        wish = Wish(url=f"http://{HOST}:{port}/hooks/{number}")
        create_endpoint(wish=wish, actor=lead)


def announce(count: int) -> None:
    """Store pictures with a result each, and write their events."""
    from django.utils import timezone
    from uuid6 import uuid7

    from forensics.models import Analysis, Door, Image, Submission
    from moderation.services.announcing import announce_analysis

    for _ in range(count):
        image = Image.objects.create(
            organization_id=1,
            sha256=uuid7().hex * 2,
            original="none",
            byte_size=1,
            format="JPEG",
            media_type="image/jpeg",
            width=640,
            height=480,
        )
        Submission.objects.create(
            image=image, door=Door.API, external_id="order-1", context={"shop": "a"}
        )
        analysis = Analysis.objects.create(
            image=image,
            status="completed",
            pipeline_version="1",
            attempts=1,
            finished_at=timezone.now(),
            verdict="authentic",
            score=0.05,
        )
        announce_analysis(analysis, case=None)


def courier_round() -> tuple[float, list[bytes]]:
    """Let the courier send what waits; return the seconds and the bodies."""
    from django.utils import timezone

    from config.courier import webhooks
    from moderation.models import Delivery, Event
    from moderation.services.deliveries import body_of
    from moderation.webhook_states import WAITING

    begin = timezone.now()
    with webhooks():
        while (
            Event.objects.filter(position=None).exists()
            or Delivery.objects.filter(state__in=WAITING).exists()
        ):
            time.sleep(0.1)
    sent = Delivery.objects.filter(ended_at__gte=begin).select_related("event")
    rows = list(sent.order_by("ended_at"))
    if any(row.state != "delivered" or row.attempts_made != 1 for row in rows):
        sys.exit("A delivery failed; nothing was measured.")
    end = rows[-1].ended_at
    assert end is not None  # noqa: S101 - what was delivered has ended
    return (end - begin).total_seconds(), [body_of(row.event) for row in rows]


def parts(events: int) -> dict[str, float]:
    """Return what each step takes of one delivery, one after the other."""
    from moderation.services.deliveries import lease_deliveries, send, settle
    from moderation.services.publishing import publish_events

    announce(events)
    spent = dict.fromkeys(("publish", "lease", "sign and send", "settle"), 0.0)
    count = 0
    with timing(spent, "publish"):
        publish_events()
    while True:
        with timing(spent, "lease"):
            letters = lease_deliveries(most=12)
        if not letters:
            return {name: round(took / count * 1e3, 2) for name, took in spent.items()}
        for letter in letters:
            count += 1
            with timing(spent, "sign and send"):
                outcome = send(letter)
            with timing(spent, "settle"):
                settle(letter, outcome)


@contextmanager
def timing(spent: dict[str, float], name: str) -> Iterator[None]:
    """Add up how long something takes."""
    start = time.perf_counter()
    yield
    spent[name] += time.perf_counter() - start


def post_each(port: int, bodies: list[bytes]) -> None:
    """Post bodies on a new connection each, as the courier does."""

    def post(body: bytes) -> None:
        connection = HTTPConnection(HOST, port, timeout=15)
        connection.request("POST", "/", body, KIND)
        connection.getresponse().read()
        connection.close()

    at_once(post, bodies)


def post_kept(port: int, bodies: list[bytes]) -> None:
    """Post bodies on one connection a thread."""
    own = threading.local()

    def post(body: bytes) -> None:
        if not hasattr(own, "connection"):
            own.connection = HTTPConnection(HOST, port, timeout=15)
        own.connection.request("POST", "/", body, KIND)
        own.connection.getresponse().read()

    at_once(post, bodies)


def post_httpx(port: int, bodies: list[bytes]) -> None:
    """Post bodies with a client that keeps its connections."""
    import httpx

    with httpx.Client(base_url=f"http://{HOST}:{port}", headers=KIND) as client:
        at_once(lambda body: client.post("/", content=body).raise_for_status(), bodies)


def at_once(post: Callable[[bytes], object], bodies: list[bytes]) -> None:
    """Post with as many threads as the courier has hands."""
    from config.courier import HANDS

    with ThreadPoolExecutor(HANDS) as pool:
        list(pool.map(post, bodies))


@contextmanager
def receiver() -> Iterator[int]:
    """Run a receiver in a process of its own; yield its port."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=receive, args=(theirs,), daemon=True)
    process.start()
    try:
        yield int(ours.recv())
    finally:
        process.terminate()
        process.join()


def receive(told: Connection) -> None:
    """Answer every request with 204, for ever."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 128
        daemon_threads = True

    with Server((HOST, 0), Handler) as server:
        told.send(server.server_port)
        server.serve_forever()


def version() -> str:
    """Return the commit, where there is one to name."""
    command = ("git", "rev-parse", "--short", "HEAD")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip()


def rounded(values: list[float]) -> list[int]:
    """Return whole numbers."""
    return [round(value) for value in values]


if __name__ == "__main__":
    main()
