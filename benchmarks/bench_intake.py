"""What one upload costs the web process that takes it, beyond reading its body.

``python -m benchmarks.bench_intake --json OUT`` sends pictures of about 2 MB through
Django's whole stack (token, multipart form, checks, storage, database, answer) in one
process, each a new one, on the database that ``DATABASE_URL`` names or SQLite in a
temporary folder. On PostgreSQL: ``.ci/with-postgresql .venv/bin/python -m
benchmarks.bench_intake --json OUT``. What reading costs is measured beside it in the
same run: the same form, parsed by the same handlers, by a view that does nothing else.
The exit status is 1 where the median of the difference exceeds 60 ms.
"""

# ruff: noqa: PLC0415 - the settings are named before anything of Django's loads

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import statistics
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LIMIT_MS = 60.0
SIDE = (2240, 1680)
BOUNDARY = "benchmark"


def main() -> int:
    """Measure, print and write down."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--uploads", type=int, default=100)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="pixelwarden-intake-") as folder:
        os.environ["PIXELWARDEN_DATA_DIR"] = folder
        os.environ["PIXELWARDEN_LOG_LEVEL"] = "WARNING"
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        import django

        django.setup()
        result = measured(options.uploads)
    print(json.dumps(result, indent=2))
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")
    return 0 if result["beyond_reading_ms"]["median"] <= LIMIT_MS else 1


def measured(uploads: int) -> dict[str, Any]:
    """Return the figures of all ways of sending."""
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    token = sender()
    ways = {
        "multipart": dict[str, str](),
        "multipart with Idempotency-Key": {"key": "yes"},
        "raw body": {"raw": "yes"},
    }
    pictures = made_pictures(uploads * (len(ways) + 1))
    reading = [spent(partial(read_only, body)) for body in take(pictures, uploads)]
    result: dict[str, Any] = {
        "command": " ".join(["python -m benchmarks.bench_intake", *sys.argv[1:]]),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load_at_start": round(os.getloadavg()[0], 1),
        "niceness": os.getpriority(os.PRIO_PROCESS, 0),
        "database": connection.vendor,
        "uploads": uploads,
        "limit_ms": LIMIT_MS,
        "reading_ms": summary([one["wall"] for one in reading]),
        "ways": {},
    }
    base = statistics.median(one["wall"] for one in reading)
    for name, how in ways.items():
        bodies = take(pictures, uploads)
        costs = [spent(partial(send, token, body, how)) for body in bodies]
        wall = [one["wall"] for one in costs]
        result["ways"][name] = {
            "bytes": round(statistics.mean(map(len, bodies))),
            "wall_ms": summary(wall),
            "processor_ms": summary([one["processor"] for one in costs]),
        }
        if name == "multipart with Idempotency-Key":  # the dearest, and the advised
            beyond = [one - base for one in wall]
            result["beyond_reading_ms"] = summary(beyond)
    return result


def made_pictures(count: int) -> Iterator[bytes]:
    """Yield different JPEG files of about 2 MB; only their last bytes differ."""
    import io

    from PIL import Image

    noise = np.random.default_rng(1).normal(128, 45, (SIDE[1], SIDE[0], 3))
    file = io.BytesIO()
    Image.fromarray(noise.clip(0, 255).astype(np.uint8)).save(file, "JPEG", quality=82)
    for number in range(count):
        comment = f"{number:016d}".encode()
        start = file.getvalue()[:2]
        marker = b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment
        yield start + marker + file.getvalue()[2:]


def take(pictures: Iterator[bytes], count: int) -> list[bytes]:
    """Return the next pictures; made before anything is timed."""
    return [next(pictures) for _ in range(count)]


def sender() -> str:
    """Make an integrator and return its token."""
    from django.contrib.auth.models import Group

    from accounts.models import User
    from accounts.tokens import issue_token

    user = User.objects.create_user("benchmark")
    user.groups.add(Group.objects.get(name="integrator"))
    return issue_token(user=user).secret


def form(picture: bytes) -> bytes:
    """Return a form with one file."""
    return (
        f"--{BOUNDARY}\r\nContent-Disposition: form-data; "
        'name="file"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    ).encode() + (picture + f"\r\n--{BOUNDARY}--\r\n".encode())


def send(token: str, picture: bytes, how: dict[str, str]) -> None:
    """Send one picture and see it accepted."""
    from django.test import Client

    raw = "raw" in how
    headers = {"Authorization": f"Bearer {token}"}
    if "key" in how:
        headers["Idempotency-Key"] = str(time.monotonic_ns())
    kind = f"multipart/form-data; boundary={BOUNDARY}"
    answer = Client(SERVER_NAME="localhost").post(
        "/api/v1/images/",
        picture if raw else form(picture),
        content_type="image/jpeg" if raw else kind,
        headers=headers,
    )
    if answer.status_code != 202:
        raise SystemExit(answer.content.decode())


def read_only(picture: bytes) -> None:
    """Read the same form and do nothing else."""
    from django.test import RequestFactory

    request = RequestFactory().post(
        "/", form(picture), content_type=f"multipart/form-data; boundary={BOUNDARY}"
    )
    request.FILES["file"].read()
    request.close()


def spent(work: Callable[[], None]) -> dict[str, float]:
    """Return the milliseconds by the wall clock and of the processor."""
    before, began = _processor(), time.perf_counter()
    work()
    wall = time.perf_counter() - began
    return {"wall": wall * 1000, "processor": (_processor() - before) * 1000}


def _processor() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def summary(values: list[float]) -> dict[str, float]:
    """Return the middle and the high end."""
    ordered = sorted(values)
    return {
        "median": round(statistics.median(ordered), 2),
        "p95": round(ordered[int(len(ordered) * 0.95) - 1], 2),
        "max": round(ordered[-1], 2),
    }


if __name__ == "__main__":
    sys.exit(main())
