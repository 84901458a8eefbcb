"""Pictures at an address: fetched by the worker, through the guarded way out."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from config.courier import fetches
from config.tasks import analyze_image
from forensics.models import Fetch, Image
from forensics.services import fetching
from forensics.services.fetching import (
    Fetched,
    get,
    give_back,
    lease_fetches,
    prune_fetches,
    take_in,
)
from tests.api.helpers import IMAGES, assert_problem, picture
from tests.factories import make_user
from tests.installation import wait_for
from tests.receivers import answering, hanging_up, receiving, silent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import SettingsWrapper

    from accounts.models import User
    from tests.api.conftest import ApiOf
    from tests.receivers import Behaviour, Receiver

pytestmark = pytest.mark.django_db
SECRET = b"the inside of somebody's network"


@pytest.fixture(autouse=True)
def switched_on(settings: SettingsWrapper) -> None:
    settings.FETCH_URLS = True


@contextmanager
def reachable(behave: Behaviour, settings: SettingsWrapper) -> Iterator[Receiver]:
    with receiving(behave) as receiver:
        settings.OUTBOUND_RULES = receiver.rules()
        yield receiver


def ask(client: Any, url: str, query: str = "", **fields: Any) -> Any:
    return client.post(f"{IMAGES}{query}", {"url": url, **fields}, format="json")


def carry() -> int:
    """Do what is due as the courier does, one after another."""
    errands = lease_fetches(most=100)
    for errand in errands:
        take_in(errand, get(errand))
    return len(errands)


def test_it_is_switched_off_by_default(
    api_of: ApiOf, integrator: User, settings: SettingsWrapper
) -> None:
    from config.env import KNOWN

    assert "(false)" in KNOWN["FETCH_URLS"]
    settings.FETCH_URLS = False
    answer = ask(api_of(integrator), "https://example.org/a.jpg")
    assert_problem(answer, 403, "fetching_is_off")
    assert not Fetch.objects.exists()


def test_a_picture_is_fetched_by_the_worker_and_taken_in(
    api_of: ApiOf, integrator: User, settings: SettingsWrapper
) -> None:
    client = api_of(integrator)
    with reachable(answering(body=picture()), settings) as receiver:
        url = receiver.url("/roofs/roof%201.jpg?size=l")
        asked = ask(client, url, external_id="c-1", context={"a": 1})

        assert asked.status_code == 202, asked.content
        assert asked.json()["status"] == "fetching"
        assert asked.headers["Retry-After"] == "1"
        assert not receiver.requests  # not by the process that answers
        waiting = client.get(asked.headers["Location"])
        assert waiting.headers["Retry-After"] == "1"
        assert [carry(), carry()] == [1, 0]

        assert len(receiver.requests) == 1

    read = client.get(asked.headers["Location"])
    assert "Retry-After" not in read.headers
    assert read.json()["status"] == "received"
    image = client.get(f"{IMAGES}{read.json()['image']}/").json()
    (arrival,) = image["submissions"]
    assert arrival["original_name"] == "roof 1.jpg"
    assert (arrival["external_id"], arrival["context"]) == ("c-1", {"a": 1})
    analyze_image.call(read.json()["analysis_url"].split("/")[-2])
    assert client.get(read.json()["analysis_url"]).json()["status"] == "completed"


def test_waiting_covers_the_fetch_as_well(
    api_of: ApiOf, integrator: User, settings: SettingsWrapper
) -> None:
    client = api_of(integrator)
    with reachable(answering(body=picture()), settings) as receiver:
        asked = ask(client, receiver.url("/a.jpg"), "?wait=1")
        assert asked.status_code == 202
        assert asked.json()["status"] == "fetching"


@pytest.mark.parametrize(
    ("behave", "code"),
    [
        (answering(body=SECRET), "not_an_image"),
        (answering(404, body=SECRET), "status"),
        (answering(302, headers=("Location: http://169.254.1.1/",)), "address_refused"),
        (answering(body=bytes(5000)), "too_many_bytes"),
    ],
)
def test_what_cannot_be_taken_in_fails_and_nothing_of_it_is_echoed(
    api_of: ApiOf,
    integrator: User,
    settings: SettingsWrapper,
    behave: Behaviour,
    code: str,
) -> None:
    settings.MAX_UPLOAD_BYTES = 4096
    client = api_of(integrator)
    with reachable(behave, settings) as receiver:
        # A redirect is judged by the port as well; let it be the address here.
        rules = receiver.rules()
        settings.OUTBOUND_RULES = replace(rules, ports=rules.ports | {80})
        asked = ask(client, receiver.url("/a"))
        assert carry() == 1

    read = client.get(asked.headers["Location"])
    assert read.json()["status"] == "failed"
    assert read.json()["error"]["code"] == code
    assert read.json()["error"]["detail"]
    assert SECRET not in read.content
    assert not Image.objects.exists()


def test_what_may_pass_is_tried_three_times(
    api_of: ApiOf, integrator: User, settings: SettingsWrapper
) -> None:
    client = api_of(integrator)
    with reachable(hanging_up, settings) as receiver:
        asked = ask(client, receiver.url("/a"))
        for attempt in range(1, fetching.TRIES + 1):
            row = Fetch.objects.get()
            assert (row.status, row.attempts) == ("fetching", attempt - 1)
            assert [carry(), carry()] == [1, 0]  # the second time it is too early
            Fetch.objects.filter(status="fetching").update(not_before=timezone.now())

        assert receiver.connections == fetching.TRIES
    read = client.get(asked.headers["Location"]).json()
    assert (read["status"], read["attempts"]) == ("failed", fetching.TRIES)
    assert read["error"]["code"] in {"connect_failed", "bad_answer"}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "ftp://example.org/a.jpg",
        "http://127.0.0.1/a.jpg",
        "https://127.1/",
        "https://[::1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://user:secret@example.org/",
        "https://example.org:22/",
        "file:///etc/passwd",
        "https://example.org/\u0000",
        "https://" + "a" * 3000,
    ],
)
def test_addresses_that_can_never_be_reached_are_refused_at_once(
    api_of: ApiOf, integrator: User, url: str
) -> None:
    answer = ask(api_of(integrator), url)
    assert answer.status_code in {400, 422}
    assert answer.json()["code"] in {"invalid", "url_refused"}
    assert not Fetch.objects.exists()


@pytest.mark.parametrize(
    "body", [[], "x", {}, {"url": 1}, {"url": "https://e.org", "file": 0}, {"a": 1}]
)
def test_json_that_names_no_address_is_refused(
    api_of: ApiOf, integrator: User, body: Any
) -> None:
    answer = api_of(integrator).post(IMAGES, body, format="json")
    assert_problem(answer, 400, "invalid")


def test_what_a_lost_worker_held_is_taken_again_three_times_in_all(
    api_of: ApiOf, integrator: User
) -> None:
    asked = ask(api_of(integrator), "https://example.org/a.jpg")
    now = timezone.now()
    for _ in range(fetching.TRIES):
        assert len(lease_fetches(most=6, now=now)) == 1
        assert lease_fetches(most=6, now=now + timedelta(minutes=4)) == []
        now += timedelta(minutes=6)
    assert lease_fetches(most=6, now=now) == []
    read = api_of(integrator).get(asked.headers["Location"]).json()
    assert (read["status"], read["error"]["code"]) == ("failed", "gave_up")


def test_a_bug_on_the_way_ends_a_fetch_after_three_tries(
    api_of: ApiOf, integrator: User, settings: SettingsWrapper
) -> None:
    settings.OUTBOUND_RULES = None  # what nobody thought of
    row = Fetch.objects.create(
        organization=integrator.organization,
        sent_by=integrator,
        url="https://example.org/a.jpg",
    )
    for _ in range(fetching.TRIES):
        assert carry() == 1
        Fetch.objects.filter(status="fetching").update(not_before=timezone.now())
    read = api_of(integrator).get(f"/api/v1/fetches/{row.pk}/").json()
    assert (read["status"], read["error"]["code"]) == ("failed", "internal_error")


def test_who_lost_the_lease_settles_nothing(
    api_of: ApiOf, integrator: User, settings: SettingsWrapper
) -> None:
    client = api_of(integrator)
    with reachable(answering(body=picture()), settings) as receiver:
        asked = ask(client, receiver.url("/a.jpg"))
        (late,) = lease_fetches(most=1)
        (holder,) = lease_fetches(most=1, now=timezone.now() + timedelta(minutes=6))
        take_in(late, Fetched(code="status", words="It answered 404."))
        take_in(late, get(late))
        give_back(late)
        assert not Image.objects.exists()
        take_in(holder, get(holder))
    read = client.get(asked.headers["Location"]).json()
    assert (read["status"], read["attempts"]) == ("received", 2)


def test_what_is_given_back_costs_no_try(api_of: ApiOf, integrator: User) -> None:
    ask(api_of(integrator), "https://example.org/a.jpg")
    for _ in range(2 * fetching.TRIES):
        (errand,) = lease_fetches(most=1)
        give_back(errand)
    assert Fetch.objects.get().attempts == 0


def test_a_free_hand_goes_to_whoever_has_the_fewest_under_way(api_of: ApiOf) -> None:
    people = [make_user("integrator") for _ in range(3)]
    for count, one in zip((9, 9, 1), people, strict=True):
        for _ in range(count):
            ask(api_of(one), "https://example.org/a.jpg")
    assert len(lease_fetches(most=3)) == 3
    held = Fetch.objects.filter(lease_token__isnull=False)
    assert {row.sent_by_id for row in held} == {one.pk for one in people}
    assert len(lease_fetches(most=100)) == 2 * (fetching.MOST_AT_ONCE - 1)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_runs_once_fetches_and_analyzes(
    api_of: ApiOf, integrator: User, settings: SettingsWrapper
) -> None:
    client = api_of(integrator)
    with reachable(answering(body=picture()), settings) as receiver:
        asked = ask(client, receiver.url("/a.jpg"))
        call_command("worker", "--once")
    read = client.get(asked.headers["Location"]).json()
    assert client.get(read["analysis_url"]).json()["status"] == "completed"


def test_old_rows_go(api_of: ApiOf, integrator: User) -> None:
    ask(api_of(integrator), "https://example.org/a.jpg")
    later = timezone.now() + timedelta(days=8)
    assert prune_fetches(now=later) == 0
    Fetch.objects.update(status="failed")
    assert prune_fetches(now=later) == 1


@pytest.mark.django_db(transaction=True)
def test_addresses_that_drip_keep_no_other_sender_waiting(
    api_of: ApiOf, settings: SettingsWrapper
) -> None:
    first, second = make_user("integrator"), make_user("integrator")
    with receiving(silent) as slow, receiving(answering(body=picture())) as quick:
        rules = quick.rules()
        settings.OUTBOUND_RULES = replace(rules, ports=rules.ports | slow.rules().ports)
        for _ in range(30):
            ask(api_of(first), slow.url("/a.jpg"))
        asked = ask(api_of(second), quick.url("/b.jpg"))
        with fetches():
            received = Fetch.objects.filter(status="received")
            wait_for(received.exists, what=lambda: "the other's picture")
            under_way = Fetch.objects.filter(leased_until__isnull=False)
            assert under_way.count() <= fetching.MOST_AT_ONCE
    read = api_of(second).get(asked.headers["Location"]).json()
    assert read["status"] == "received"
    assert not Fetch.objects.filter(leased_until__isnull=False).exists()
