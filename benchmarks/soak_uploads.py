"""Many uploads, cut connections, duplicates, and processes killed all the while.

``python -m benchmarks.soak_uploads --uploads 10000 --json OUT`` starts the server as
``manage.py run`` does, on the database that ``DATABASE_URL`` names or on SQLite, and
sends small pictures from 16 clients, each under an Idempotency-Key: some are cut off in
the middle of the body, some hang up before the answer, all repeat until they are
answered; some send a picture that was sent before. Web and worker processes are killed
meanwhile (SIGKILL). A webhook's receiver fails and hangs up now and then. At the end
each accepted picture must have one image, one finished result and one
``analysis.completed`` event, each arrival one submission, and each event must have
reached the receiver. The exit status is 1 where one has not.

An analysis has three checks only (``benchmarks.soak_settings``) and pictures are small:
what is tried is that nothing is lost or doubled, not how long an analysis takes.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import signal
import socket
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import httpx
import numpy as np
from PIL import Image

from tests.installation import Installation, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator

IMAGES = "/api/v1/images/"
SIDE = 72
CUT, HANG_UP, DUPLICATE = 0.08, 0.08, 0.1  # shares of the uploads
RECEIVER_FAILS, RECEIVER_HANGS_UP = 0.03, 0.03
OVERLOADED = 500
KILL_EVERY = (2.0, 8.0)  # seconds, while pictures are sent
# A worker that is killed as soon as it has warmed up would never come to an end.
KILL_RARELY = (30.0, 90.0)
SETUP = """
from accounts.keys.scopes import Scope
from accounts.keys.services import KeyPlan, create_key, create_service_account
from accounts.key_models import MOST_PER_MINUTE as most
for name, group, scopes in (
    ("soak-sender", "integrator", ["images:write", "images:read", "analyses:read"]),
    ("soak-lead", "lead", ["webhooks:manage"]),
):
    account = create_service_account(actor=None, username=name, groups=[group])
    plan = KeyPlan(name="soak", scopes=scopes, per_minute=most, burst=most)
    print("KEY", create_key(actor=None, account=account, plan=plan).secret)
"""


@dataclass
class Soak:
    """What is sent, and what was answered."""

    installation: Installation
    uploads: int
    clients: int
    seed: int
    key: str = ""
    accepted: dict[str, str] = field(default_factory=dict)  # external id: image
    counts: Counter[str] = field(default_factory=Counter)
    heard: Counter[str] = field(default_factory=Counter)  # event id: deliveries
    lock: threading.Lock = field(default_factory=threading.Lock)
    sent: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)

    def note(self, name: str) -> None:
        """Count something that happened."""
        with self.lock:
            self.counts[name] += 1


def picture(number: int) -> bytes:
    """Return a small JPEG that no other number has."""
    noise = np.random.default_rng(number)
    coarse = noise.integers(0, 256, (9, 9, 3), dtype=np.uint8)
    pixels = np.kron(coarse, np.ones((SIDE // 9, SIDE // 9, 1), np.uint8))
    pixels = pixels ^ noise.integers(0, 8, pixels.shape, dtype=np.uint8)
    kept = io.BytesIO()
    Image.fromarray(pixels).save(kept, "JPEG", quality=88)
    return kept.getvalue()


def send_all(soak: Soak, client: int) -> None:
    """Send this client's share, each until it is answered."""
    chance = random.Random(soak.seed * 1000 + client)  # noqa: S311 - no secret
    for number in range(client, soak.uploads, soak.clients):
        # A duplicate has bytes of before, under an id and a key of its own.
        of = (
            chance.randrange(number)
            if number and chance.random() < DUPLICATE
            else number
        )
        if of != number:
            soak.note("duplicates")
        send(soak, chance, number, picture(of))


def send(soak: Soak, chance: random.Random, number: int, data: bytes) -> None:
    """Send one picture under one key until the server has answered."""
    key, ident = str(uuid4()), f"soak-{number}"
    is_raw = chance.random() < 0.5
    request = httpx.Request(
        "POST",
        soak.installation.url + IMAGES + (f"?external_id={ident}" if is_raw else ""),
        headers={"Authorization": f"Bearer {soak.key}", "Idempotency-Key": key}
        | ({"Content-Type": "image/jpeg"} if is_raw else {}),
        **(
            {"content": data}
            if is_raw
            else {
                "files": {"file": (f"{number}.jpg", data)},
                "data": {"external_id": ident},
            }
        ),
    )
    dice = chance.random()
    if dice < CUT + HANG_UP:
        part = chance.uniform(0.1, 0.9) if dice < CUT else 1.0
        soak.note("cut in the body" if dice < CUT else "hung up before the answer")
        give_up(soak, request, part)
    while not soak.over.is_set():
        answer = attempt(soak, request)
        if answer is not None:
            with soak.lock:
                soak.accepted[ident] = answer["id"]
            return
        time.sleep(chance.uniform(0.2, 1.5))


def attempt(soak: Soak, request: httpx.Request) -> dict[str, Any] | None:
    """Return what an accepted picture is answered with, or None: once more."""
    try:
        with httpx.Client(timeout=30) as client:
            answer = client.send(request)
    except httpx.TransportError:
        soak.note("connections lost")
        return None
    if answer.status_code in {200, 202}:
        if answer.headers.get("Idempotent-Replayed"):
            soak.note("answers repeated")
        body: dict[str, Any] = answer.json()
        return body
    soak.note(f"status {answer.status_code}")
    is_passing = answer.status_code in {409, 429} or answer.status_code >= OVERLOADED
    if not is_passing:
        raise AssertionError(answer.text)
    return None


def give_up(soak: Soak, request: httpx.Request, part: float) -> None:
    """Send a part of a request, or all of it, and close the connection."""
    body = request.read()
    head = f"POST {request.url.raw_path.decode()} HTTP/1.1\r\n" + "".join(
        f"{name}: {value}\r\n" for name, value in request.headers.items()
    )
    with (
        suppress(OSError),
        socket.create_connection(
            ("127.0.0.1", soak.installation.port), timeout=10
        ) as there,
    ):
        there.sendall(head.encode() + b"\r\n" + body[: int(len(body) * part)])


def kill_now_and_then(soak: Soak) -> None:
    """Kill a worker, a web process or the web server's parent, until it is over."""
    chance = random.Random(soak.seed)  # noqa: S311 - no secret
    parts = ["manage.py\0worker", "gunicorn"]
    while not soak.over.wait(
        chance.uniform(*(KILL_RARELY if soak.sent.is_set() else KILL_EVERY))
    ):
        parts.reverse()  # each in turn
        part = parts[0]
        found = soak.installation.processes(part)
        if found:
            with suppress(ProcessLookupError):
                os.kill(chance.choice(found), signal.SIGKILL)
                soak.note(f"killed: {'worker' if 'worker' in part else 'web'}")


@contextmanager
def listening(soak: Soak) -> Iterator[str]:
    """Receive webhooks; fail and hang up now and then."""
    chance = random.Random(soak.seed)  # noqa: S311 - no secret

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            dice = chance.random()
            if dice < RECEIVER_FAILS:
                soak.note("receiver failed")
                self.send_response(OVERLOADED)
            elif dice < RECEIVER_FAILS + RECEIVER_HANGS_UP:
                soak.note("receiver hung up")
                self.connection.close()
                return
            else:
                if json.loads(body)["type"] == "analysis.completed":
                    with soak.lock:
                        soak.heard[self.headers["webhook-id"]] += 1
                self.send_response(204)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/in"
        server.shutdown()


def run(
    folder: Path,
    *,
    uploads: int,
    clients: int = 16,
    seed: int = 1,
    patience: float = 3600,
) -> dict[str, Any]:
    """Soak an installation in a folder; return what was counted and what is wrong."""
    models = folder / "no-models"
    models.mkdir()
    installation = Installation(
        folder / "installation",
        module="benchmarks.soak_settings",
        settings={
            "MODEL_STORE": str(models),
            "LOCALIZER": "none",
            "EXIFTOOL": "none",
            "LEASE_SECONDS": "5",
            "MAX_ATTEMPTS": "20",
            "OUTBOUND_SCHEMES": "http",
            "OUTBOUND_NETWORKS": "127.0.0.0/8",
        },
    )
    installation.folder.mkdir()
    soak = Soak(installation, uploads, clients, seed)
    try:
        with listening(soak) as address:
            port = address.rpartition(":")[2].partition("/")[0]
            installation.environment["PIXELWARDEN_OUTBOUND_PORTS"] = port
            return _run(soak, address, patience)
    finally:
        installation.remove()


def _run(soak: Soak, address: str, patience: float) -> dict[str, Any]:
    installation = soak.installation
    installation.prepare()
    said = installation.manage("shell", "-c", SETUP)
    sender, lead = (
        line.split()[1] for line in said.splitlines() if line.startswith("KEY ")
    )
    soak.key = sender
    installation.start()
    made = httpx.post(
        f"{installation.url}/api/v1/webhooks/endpoints/",
        json={"url": address, "event_types": ["analysis.completed"]},
        headers={"Authorization": f"Bearer {lead}"},
    )
    assert made.status_code == 201, made.text  # noqa: S101
    began = time.monotonic()
    killer = threading.Thread(target=kill_now_and_then, args=(soak,))
    senders = [
        threading.Thread(target=send_all, args=(soak, number))
        for number in range(soak.clients)
    ]
    for thread in (killer, *senders):
        thread.start()
    for thread in senders:
        thread.join()
    soak.sent.set()
    sent = time.monotonic()
    # The last ones are analyzed and told while processes go on being killed.
    with suppress(AssertionError):
        wait_for(lambda: not pending(soak), seconds=patience)
    soak.over.set()
    killer.join()
    with suppress(AssertionError):
        wait_for(lambda: not untold(soak), seconds=600)
    ended = time.monotonic()
    return report(soak, sent - began, ended - began)


def pending(soak: Soak) -> int:
    """Return how many analyses are not finished."""
    return int(
        soak.installation.query(
            "SELECT count(*) FROM forensics_analysis"
            " WHERE status IN ('queued', 'running')"
        )[0][0]
    )


def untold(soak: Soak) -> set[str]:
    """Return the events that never reached the receiver."""
    rows = soak.installation.query(
        "SELECT id FROM moderation_event WHERE type = 'analysis.completed'"
    )
    return {str(UUID(str(row[0]))) for row in rows} - set(soak.heard)


def report(soak: Soak, sending: float, all_of_it: float) -> dict[str, Any]:
    """Compare what is stored with what was accepted."""
    query = soak.installation.query
    images = "SELECT id FROM forensics_image"
    arrivals = Counter(
        row[0] for row in query("SELECT external_id FROM forensics_submission")
    )
    stored = {str(UUID(str(row[0]))) for row in query(images)}
    results = query("SELECT image_id, status FROM forensics_analysis")
    finished = Counter(
        str(UUID(str(image)))
        for image, status in results
        if status in {"completed", "partial", "not_applicable"}
    )
    told = Counter(
        str(UUID(str(row[0])))
        for row in query(
            "SELECT image FROM moderation_event WHERE type = 'analysis.completed'"
        )
    )
    hashes = query("SELECT count(*), count(DISTINCT sha256) FROM forensics_image")[0]
    named = set(soak.accepted.values())
    wrong = {
        "uploads never accepted": soak.uploads - len(soak.accepted),
        "arrivals that are not one submission": sum(
            arrivals[ident] != 1 for ident in soak.accepted
        ),
        "submissions nobody was told of": len(set(arrivals) - set(soak.accepted)),
        "accepted images that are not there": len(named - stored),
        "images nobody was told of": len(stored - named),
        "bytes stored as two images": hashes[0] - hashes[1],
        "images without exactly one result": sum(finished[i] != 1 for i in stored),
        "images without exactly one event": sum(told[i] != 1 for i in stored),
        "results given up": sum(status == "failed" for _, status in results),
        "events that never reached the receiver": len(untold(soak)),
    }
    return {
        "uploads": soak.uploads,
        "clients": soak.clients,
        "seed": soak.seed,
        "database": os.environ.get("DATABASE_URL", "sqlite").partition(":")[0],
        "images": len(stored),
        "seconds_sending": round(sending, 1),
        "seconds_in_all": round(all_of_it, 1),
        "deliveries": sum(soak.heard.values()),
        "happened": dict(sorted(soak.counts.items())),
        "wrong": wrong,
        "is_right": not any(wrong.values()),
    }


def main() -> int:
    """Soak, print and write down."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--uploads", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pixelwarden-soak-") as folder:
        result = run(
            Path(folder),
            uploads=options.uploads,
            clients=options.clients,
            seed=options.seed,
        )
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    return 0 if result["is_right"] else 1


if __name__ == "__main__":
    sys.exit(main())
