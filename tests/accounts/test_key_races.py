"""Limits of keys with many threads at once, on a real database: never one too many."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection, transaction

from accounts.key_models import ApiKey, KeyCount, KeyPace
from accounts.keys.exceptions import KeyRefusedError, QuotaExceededError
from accounts.keys.limits import answering, spend_image, spend_request
from accounts.keys.selectors import key_of
from accounts.keys.services import (
    KeyPlan,
    create_key,
    create_service_account,
    rotate_key,
)

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 8


def at_once(act: Callable[[], Any], times: int) -> list[Any]:
    """Run it so many times in threads that start together."""
    start = Barrier(THREADS)

    def run(share: int) -> list[Any]:
        try:
            start.wait()
            return [act() for _ in range(share)]
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        shares = pool.map(run, [times // THREADS] * THREADS)
        return [one for share in shares for one in share]


def issue(**plan: Any) -> tuple[ApiKey, str]:
    account = create_service_account(actor=None, username="program")
    wanted = KeyPlan(name="test", scopes=["images:write"], **plan)
    issued = create_key(actor=None, account=account, plan=wanted)
    return issued.key, issued.secret


def test_a_burst_is_let_through_exactly_once_however_many_ask() -> None:
    _, secret = issue(per_minute=1, burst=25)

    def ask() -> bool:
        key = key_of(secret)
        assert key is not None
        return spend_request(key)[0]

    assert Counter(at_once(ask, 80)) == {True: 25, False: 55}


def test_what_flows_back_is_given_once() -> None:
    key, _ = issue(per_minute=60, burst=10)
    moment = 2_000_000_000.0
    KeyPace.objects.update(free_at=moment + 10)  # all used up

    answers = at_once(lambda: spend_request(key, now=moment + 4.5)[0], 40)

    assert Counter(answers) == {True: 4, False: 36}


def test_the_last_picture_of_a_quota_is_taken_once() -> None:
    key, _ = issue(images_per_day=10, images_per_month=13)

    def send() -> bool:
        with answering() as used:
            used.key = key
            try:
                with transaction.atomic():
                    spend_image()
            except QuotaExceededError:
                return False
            return True

    assert Counter(at_once(send, 40)) == {True: 10, False: 30}
    assert sorted(KeyCount.objects.values_list("span", "images")) == [
        ("day", 10),
        ("month", 10),
    ]
    KeyCount.objects.filter(span="day").delete()  # the next day
    assert Counter(at_once(send, 40)) == {True: 3, False: 37}


def test_a_picture_that_is_not_stored_does_not_count() -> None:
    key, _ = issue(images_per_day=10)
    with answering() as used, transaction.atomic():
        used.key = key
        spend_image()
        assert KeyCount.objects.count() == 2
        transaction.set_rollback(True)

    assert not KeyCount.objects.exists()


def test_rotations_at_once_leave_two_good_secrets_at_most() -> None:
    key, first = issue()

    made = [one.secret for one in at_once(lambda: rotate_key(actor=None, key=key), 16)]

    good = [one for one in (first, *made) if key_of(one) is not None]
    assert len(good) == 2
    assert first not in good


def test_no_account_gets_more_keys_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accounts.keys.services.MOST_KEYS", 5)
    account = create_service_account(actor=None, username="program")
    plan = KeyPlan(name="test", scopes=["images:write"])

    def make() -> bool:
        try:
            create_key(actor=None, account=account, plan=plan)
        except KeyRefusedError:
            return False
        return True

    assert Counter(at_once(make, 16)) == {True: 5, False: 11}
