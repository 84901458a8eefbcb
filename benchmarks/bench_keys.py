"""What a key costs a request, beside a person's token.

    .ci/with-postgresql .venv/bin/python -m benchmarks.bench_keys
    DATABASE_URL=sqlite:////tmp/keys.sqlite3 .venv/bin/python -m benchmarks.bench_keys

Needs an empty database. Times are medians in one process, without a network; both ways
in are asked in turns. *At once* is eight threads that spend the same key's requests.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from accounts.key_models import MOST_PER_MINUTE, ApiKey  # noqa: E402
from accounts.keys.limits import spend_request  # noqa: E402
from accounts.keys.selectors import key_of  # noqa: E402
from accounts.keys.services import (  # noqa: E402
    KeyPlan,
    create_key,
    create_service_account,
)
from accounts.models import User  # noqa: E402
from accounts.tokens import issue_token  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

THREADS = 8
ADDRESS = "/api/v1/analyses/"


def main() -> None:
    """Make a key and a token, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=1000)
    rounds = parser.parse_args().rounds
    call_command("migrate", verbosity=0)
    if ApiKey.objects.exists():
        sys.exit("This database holds keys. Name an empty one in DATABASE_URL.")
    plan = KeyPlan(
        name="bench",
        scopes=["analyses:read"],
        per_minute=MOST_PER_MINUTE,
        burst=MOST_PER_MINUTE,
    )
    account = create_service_account(actor=None, username="program")
    issued = create_key(actor=None, account=account, plan=plan)
    person = User.objects.create_user("person")
    person.groups.set(account.groups.all())
    token = issue_token(user=person).secret
    print(f"database: {connection.vendor}")
    measure_parts(issued.key, issued.secret, rounds)
    measure_requests(issued.secret, token, rounds)
    measure_at_once(issued.key, rounds)


def measure_parts(key: ApiKey, secret: str, rounds: int) -> None:
    """Time what a key adds, statement by statement."""
    for name, do in (
        ("finding the key", partial(key_of, secret)),
        ("counting one request", partial(spend_request, key)),
    ):
        times = [timed(do) for _ in range(rounds)]
        print(f"{name}: {statistics.median(times) * 1e3:.2f} ms")


def measure_requests(secret: str, token: str, rounds: int) -> None:
    """Time a whole request (an empty list), in turns."""
    ways = {"key": secret, "token": token}
    asks = {
        name: partial(Client(headers={"authorization": f"Bearer {text}"}).get, ADDRESS)
        for name, text in ways.items()
    }
    for name, ask in asks.items():
        ask()
        with CaptureQueriesContext(connection) as context:
            ask()
        print(f"queries with a {name}: {len(context)}")
    times: dict[str, list[float]] = {name: [] for name in asks}
    for _ in range(rounds):
        for name, ask in asks.items():
            times[name].append(timed(ask))
    for name, found in times.items():
        p95 = statistics.quantiles(found, n=20)[-1]
        middle = statistics.median(found)
        print(f"request with a {name}: {middle * 1e3:.2f} ms, p95 {p95 * 1e3:.2f} ms")


def measure_at_once(key: ApiKey, rounds: int) -> None:
    """Count how many requests of one key can be counted in a second."""

    def spend(_: int) -> None:
        try:
            for _ in range(rounds // 2):
                spend_request(key)
        finally:
            connection.close()

    start = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(spend, range(THREADS)))
    seconds = time.perf_counter() - start
    print(f"at once: {THREADS * (rounds // 2) / seconds:,.0f} a second")


def timed(do: Callable[[], object]) -> float:
    """Return how many seconds something takes."""
    start = time.perf_counter()
    do()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
