"""Raw bodies, what the sender says, and waiting for the result."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection

from config.tasks import analyze_image
from forensics.api import waiting
from forensics.models import Analysis, ContextValue, Image, Submission
from forensics.search import search_visible_images
from tests.api.helpers import IMAGES, assert_problem, file, picture
from tests.factories import make_user

if TYPE_CHECKING:
    from django.test.utils import CaptureQueriesContext
    from pytest_django import DjangoAssertNumQueries
    from pytest_django.fixtures import SettingsWrapper

    from accounts.models import User
    from tests.api.conftest import ApiOf

pytestmark = pytest.mark.django_db
CONTEXT = {
    "order": {"number": 4711, "shop": "Bonn"},
    "tags": ["roof", "hail"],
    "urgent": True,
}


def send(client: Any, seed: int = 0, **fields: Any) -> Any:
    if "context" in fields:
        fields["context"] = json.dumps(fields["context"])
    return client.post(IMAGES, {"file": file(seed), **fields}, format="multipart")


# --- The raw body -------------------------------------------------------------------
@pytest.mark.parametrize("kind", ["image/jpeg", "application/octet-stream", "image/x"])
def test_a_raw_body_is_a_picture(api_of: ApiOf, integrator: User, kind: str) -> None:
    answer = api_of(integrator).post(
        f"{IMAGES}?external_id=A-1&context=%7B%22a%22%3A1%7D",
        picture(),
        content_type=kind,
        HTTP_CONTENT_DISPOSITION="attachment; filename*=UTF-8''%C3%BCber.jpg",
    )

    assert answer.status_code == 202, answer.content
    (arrival,) = answer.json()["submissions"]
    assert arrival["original_name"] == "über.jpg"
    assert (arrival["external_id"], arrival["context"]) == ("A-1", {"a": 1})
    assert answer.json()["byte_size"] == len(picture())


def test_a_raw_body_is_named_by_a_header_of_its_own_as_well(
    api_of: ApiOf, integrator: User
) -> None:
    api_of(integrator).post(
        IMAGES, picture(), content_type="image/jpeg", HTTP_X_FILENAME="%C3%A4.jpg"
    )
    assert Submission.objects.get().original_name == "ä.jpg"


def test_a_raw_body_is_cut_off_where_it_is_too_large(
    api_of: ApiOf, integrator: User, settings: SettingsWrapper
) -> None:
    settings.MAX_UPLOAD_BYTES = 100
    client = api_of(integrator)
    answer = client.post(IMAGES, picture(), content_type="image/jpeg")
    assert_problem(answer, 413, "too_many_bytes")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [(b"", 422, "empty"), (b"no picture", 415, "not_an_image")],
)
def test_a_raw_body_that_is_none_is_refused(
    api_of: ApiOf, integrator: User, body: bytes, status: int, code: str
) -> None:
    answer = api_of(integrator).post(IMAGES, body, content_type="image/jpeg")
    assert_problem(answer, status, code)


def test_a_large_raw_body_goes_through_a_file_and_its_key_is_kept(
    api_of: ApiOf, integrator: User, settings: SettingsWrapper
) -> None:
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 1000
    client = api_of(integrator)
    answers = [
        client.post(
            IMAGES, picture(), content_type="image/jpeg", HTTP_IDEMPOTENCY_KEY="k"
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].json()["byte_size"] == len(picture())
    assert answers[1].headers["Idempotent-Replayed"] == "true"


# --- What the sender says -----------------------------------------------------------
def test_what_the_sender_says_comes_back_and_is_found(
    api_of: ApiOf, integrator: User
) -> None:
    client = api_of(integrator)
    sent = send(client, external_id="claim-17", context=CONTEXT).json()
    send(client, 1, external_id="claim-18", context={"order": {"number": 1}})

    assert sent["submissions"][0]["external_id"] == "claim-17"
    assert sent["submissions"][0]["context"] == CONTEXT
    for query in (
        "external_id=claim-17",
        "context.order.number=4711",
        "context.order.shop=Bonn",
        "context.tags=hail",
        "context.urgent=true",
        "context.urgent=true&context.tags=roof",
    ):
        assert found(client, query) == [sent["id"]], query
    for query in (
        "external_id=claim",
        "context.order.number=47",
        "context.urgent=false",
        "context.urgent=true&context.tags=snow",
        "context.nothing=x",
        "context.order=%00",
    ):
        assert found(client, query) == [], query


def found(client: Any, query: str) -> list[str]:
    answer = client.get(f"{IMAGES}?{query}")
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


def test_too_many_facts_at_once_are_refused(api_of: ApiOf, integrator: User) -> None:
    query = "&".join(f"context.a{n}=1" for n in range(11))
    answer = api_of(integrator).get(f"{IMAGES}?{query}")
    assert_problem(answer, 400, "invalid")


def test_others_find_nothing_by_what_a_sender_says(
    api_of: ApiOf, integrator: User, moderator: User
) -> None:
    sent = send(api_of(integrator), external_id="claim-17", context=CONTEXT).json()
    rival = api_of(make_user("integrator"))
    send(rival)  # the same picture, without a word

    assert found(rival, "external_id=claim-17") == []
    assert found(rival, "context.order.shop=Bonn") == []
    assert found(api_of(moderator), "context.order.shop=Bonn") == [sent["id"]]


def test_the_full_text_search_finds_it(api_of: ApiOf, integrator: User) -> None:
    send(api_of(integrator), external_id="claim-17", context=CONTEXT)
    rival = make_user("integrator")
    moderator = make_user("moderator")

    for query in ("claim-17", "Bonn hail", "4711"):
        for user, count in ((moderator, 1), (integrator, 1), (rival, 0)):
            hits = Image.objects.filter(search_visible_images(query, user=user))
            assert hits.count() == count, (query, user)


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"external_id": "x" * 256}, "#/external_id"),
        ({"external_id": "a\0b"}, "#/external_id"),
        ({"context": "{"}, "#/context"),
        ({"context": "[" * 5000}, "#/context"),
        ({"context": "[1]"}, "#/context"),
        ({"context": '{"a": "\\u0000"}'}, "#/context"),
        ({"context": '{"a": "\\ud800"}'}, "#/context"),
        ({"context": '{"": 1}'}, "#/context"),
        ({"context": '{"a": 1e999}'}, "#/context"),
        ({"context": '{"a": NaN}'}, "#/context"),
        ({"context": '{"a": {"b": {"c": {"d": {}}}}}'}, "#/context"),
        ({"context": json.dumps({"a": "x" * 9000})}, "#/context"),
        ({"context": json.dumps({"a": list(range(101))})}, "#/context"),
        ({"context": json.dumps({"k" * 65: 1})}, "#/context"),
    ],
)
def test_what_cannot_be_kept_is_refused(
    api_of: ApiOf, integrator: User, fields: dict[str, str], pointer: str
) -> None:
    answer = api_of(integrator).post(
        IMAGES, {"file": file(), **fields}, format="multipart"
    )
    is_as_described = fields.get("external_id") == "a\0b" or fields.get("context", "{")[
        :2
    ] not in ("{", "[[", "[1")
    status, code = (422, "unprocessable") if is_as_described else (400, "invalid")
    problem = assert_problem(answer, status, code)
    assert problem["errors"][0]["pointer"] == pointer
    assert not Image.objects.exists()


def test_long_values_are_kept_whole(api_of: ApiOf, integrator: User) -> None:
    said = {"note": "word " * 100}
    sent = send(api_of(integrator), context=said).json()
    assert sent["submissions"][0]["context"] == said
    assert not ContextValue.objects.exists()


# --- Waiting ------------------------------------------------------------------------
def test_a_result_that_is_there_is_the_answer(api_of: ApiOf, integrator: User) -> None:
    client = api_of(integrator)
    received = send(client).json()
    analyze_image.call(received["analysis"]["id"])

    answer = client.post(f"{IMAGES}?wait=20", {"file": file()}, format="multipart")

    assert answer.status_code == 200
    assert answer.json()["analysis"]["status"] == "completed"
    assert answer.json()["analysis"]["signals"]
    assert answer.headers["Location"] == received["analysis"]["url"]
    assert "Retry-After" not in answer.headers


def test_what_is_not_ready_in_time_is_accepted_as_usual(
    api_of: ApiOf, integrator: User
) -> None:
    began = time.monotonic()
    answer = api_of(integrator).post(
        IMAGES, {"file": file()}, format="multipart", HTTP_PREFER="wait=1"
    )

    assert 1 <= time.monotonic() - began < 5
    assert answer.status_code == 202
    assert answer.headers["Retry-After"] == "1"
    assert answer.headers["Preference-Applied"] == "wait=1"


@pytest.mark.parametrize(
    ("prefer", "applied"),
    [
        ("respond-async", "respond-async"),
        ("respond-async, wait=1", "respond-async, wait=1"),
        ('wait="1"; x=y', "wait=1"),
        ("return=minimal", None),
        ("wait=soon", None),
    ],
)
def test_preferences_that_were_honored_are_named(
    api_of: ApiOf, integrator: User, prefer: str, applied: str | None
) -> None:
    answer = api_of(integrator).post(
        IMAGES, {"file": file()}, format="multipart", HTTP_PREFER=prefer
    )
    assert answer.status_code == 202
    assert answer.headers.get("Preference-Applied") == applied


def test_a_wait_that_is_no_number_is_refused_before_anything_is_stored(
    api_of: ApiOf, integrator: User
) -> None:
    client = api_of(integrator)
    for wait in ("soon", "-1", "1.5", "9" * 10):
        answer = client.post(f"{IMAGES}?wait={wait}", {"file": file()})
        assert_problem(answer, 400, "invalid")
    assert not Image.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_result_that_comes_meanwhile_is_the_answer(
    api_of: ApiOf, integrator: User
) -> None:
    def work() -> None:
        try:
            while not (row := Analysis.objects.filter(status="queued").first()):
                time.sleep(0.05)
            analyze_image.call(str(row.pk))
        finally:
            connection.close()

    worker = threading.Thread(target=work)
    worker.start()
    answer = api_of(integrator).post(f"{IMAGES}?wait=30", {"file": file()})
    worker.join()

    assert answer.status_code == 200
    assert answer.json()["analysis"]["verdict"]


def test_where_all_places_are_taken_nobody_waits(
    api_of: ApiOf, integrator: User, settings: SettingsWrapper
) -> None:
    client = api_of(integrator)
    taken = [
        waiting._places.acquire(blocking=False)
        for _ in range(settings.WAITING_REQUESTS)
    ]
    try:
        began = time.monotonic()
        answer = client.post(
            IMAGES, {"file": file()}, format="multipart", HTTP_PREFER="wait=20"
        )
    finally:
        for _ in filter(None, taken):
            waiting._places.release()

    assert time.monotonic() - began < 5
    assert answer.status_code == 202
    assert "Preference-Applied" not in answer.headers


def test_waiting_asks_little(
    integrator: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    looks: CaptureQueriesContext
    with django_assert_max_num_queries(12) as looks:
        found, has_waited = waiting.wait_for(
            lambda: Analysis.objects.filter(status="completed").first(), seconds=3
        )
    assert (found, has_waited) == (None, True)
    assert len(looks) >= 3


# --- Batches ------------------------------------------------------------------------
