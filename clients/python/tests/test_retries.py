"""What the client does when the server drops, refuses, or is slow."""

from __future__ import annotations

import asyncio
import json
import socket
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pixelwarden import (
    ApiError,
    AsyncClient,
    Client,
    ConfigurationError,
    ConnectionFailed,
    ImageRefused,
    InvalidRequest,
    NotFound,
    RateLimited,
    ResultTimeout,
    Retries,
    ServerError,
    UnexpectedAnswer,
)
from pixelwarden.protocol import seconds_of

from tests.installation import free_port

QUICK = Retries(first_pause=0.01, longest_pause=0.05)
PROBLEM = {"Content-Type": "application/problem+json"}


def answer(status: int, body: Any, **headers: str) -> tuple[int, dict[str, str], bytes]:
    kind = {"Content-Type": "application/json"} if status < 400 else PROBLEM
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return status, kind | named, json.dumps(body).encode()


def problem(status: int, code: str, **headers: str) -> Any:
    body = {"code": code, "detail": "Words.", "request_id": "r-1", "title": "T"}
    return answer(status, body, **headers)


def drop(handler: BaseHTTPRequestHandler) -> None:
    handler.connection.shutdown(socket.SHUT_RDWR)


def slow(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(0.6)
    handler.send_response(200)
    handler.end_headers()


IMAGE = {"id": "i-1", "url": "/api/v1/images/i-1/", "analysis": None}


@pytest.fixture
def client(misbehaving: Any) -> Any:
    with Client(misbehaving.url, "pw_test", timeout=0.4, retries=QUICK) as made:
        yield made


@pytest.mark.parametrize(
    "trouble",
    [
        drop,
        slow,
        problem(503, "storage_unavailable", Retry_After="0"),
        problem(500, "internal_error"),
        problem(429, "throttled", Retry_After="0"),
        problem(409, "request_in_progress", Retry_After="0"),
        (502, {"Content-Type": "text/html"}, b"<h1>Bad gateway"),
    ],
)
def test_a_picture_is_sent_again_unaltered_under_the_same_key(
    misbehaving: Any, client: Client, trouble: Any, tmp_path: Path
) -> None:
    file = tmp_path / "rööf.jpg"
    file.write_bytes(b"\xff\xd8\xff" * 50_000)
    misbehaving.plan = [trouble, trouble, answer(202, IMAGE)]

    image = client.send(file, external_id="a", context={"b": 1})

    assert image.id == "i-1"
    first, *others = misbehaving.seen
    assert len(others) == 2
    for again in others:
        assert again[2]["idempotency-key"] == first[2]["idempotency-key"]
        assert file.read_bytes() in again[3]
    assert first[2]["authorization"] == "Bearer pw_test"
    assert "transfer-encoding" not in first[2]


def test_two_calls_have_two_keys(misbehaving: Any, client: Client) -> None:
    misbehaving.plan = [answer(202, IMAGE), answer(202, IMAGE)]
    client.send(b"a")
    client.send(b"a")
    assert len({seen[2]["idempotency-key"] for seen in misbehaving.seen}) == 2


def test_retry_after_is_honored_and_too_long_a_one_is_handed_over(
    misbehaving: Any, client: Client
) -> None:
    misbehaving.plan = [problem(429, "throttled", Retry_After="1"), answer(200, IMAGE)]
    began = time.monotonic()
    client.image("i-1")
    assert time.monotonic() - began >= 1

    misbehaving.plan = [problem(429, "throttled", Retry_After="3600")]
    with pytest.raises(RateLimited) as raised:
        client.image("i-1")
    assert raised.value.retry_after == 3600


def test_what_cannot_pass_is_raised_at_once_with_all_that_the_server_said(
    misbehaving: Any, client: Client
) -> None:
    body = {
        "code": "invalid",
        "detail": "Wrong.",
        "request_id": "r-2",
        "errors": [{"pointer": "#/outcome", "code": "c", "detail": "d"}, "odd"],
        "new": 1,
    }
    misbehaving.plan = [answer(400, body)]
    with pytest.raises(InvalidRequest) as raised:
        client.decide("c-1", "maybe", "other")
    assert raised.value.errors[0].pointer == "#/outcome"
    assert raised.value.request_id == "r-2"
    assert raised.value.raw["new"] == 1
    assert len(misbehaving.seen) == 1

    misbehaving.plan = [problem(415, "not_an_image")]
    with pytest.raises(ImageRefused):
        client.send(b"text")
    misbehaving.plan = [(418, {"Content-Type": "text/html"}, b"<tea>")]
    with pytest.raises(ApiError, match="tea"):
        client.image("i-1")


def test_after_all_tries_the_last_trouble_is_raised(
    misbehaving: Any, client: Client
) -> None:
    misbehaving.plan = [problem(503, "storage_unavailable")] * 9
    with pytest.raises(ServerError):
        client.image("i-1")
    assert len(misbehaving.seen) == 5

    misbehaving.plan = [drop] * 9
    with pytest.raises(ConnectionFailed, match="5 tries"):
        client.image("i-1")


def test_what_must_not_be_repeated_is_not(misbehaving: Any, client: Client) -> None:
    misbehaving.plan = [drop]
    with pytest.raises(ConnectionFailed, match="1 tries"):
        client.end_token()


def test_nobody_listening_is_said(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    twice = Retries(most=1, first_pause=0.01)
    with (
        Client(url, "pw_test", retries=twice) as client,
        pytest.raises(ConnectionFailed, match="2 tries"),
    ):
        client.image("a")


def test_the_key_goes_to_no_other_server(misbehaving: Any, client: Client) -> None:
    page = {"results": [], "next": "http://elsewhere.example/api/v1/cases/"}
    misbehaving.plan = [answer(200, page)]
    with pytest.raises(UnexpectedAnswer, match="another server"):
        list(client.cases())
    misbehaving.plan = [answer(302, {}, Location="http://elsewhere.example/")]
    with pytest.raises(UnexpectedAnswer, match="Redirected"):
        client.image("a")


def test_a_direct_upload_puts_the_file_without_the_key(
    misbehaving: Any, client: Client
) -> None:
    put = {"method": "PUT", "url": f"{misbehaving.url}/bucket/x?s=1", "headers": {}}
    begun = {"id": "u", "put": put, "complete_url": "/api/v1/uploads/u/complete/"}
    plan = [answer(201, begun), drop, (200, {}, b""), answer(202, IMAGE)]
    misbehaving.plan = plan

    client.send(b"abc" * 9, direct=True)

    puts = [seen for seen in misbehaving.seen if seen[0] == "PUT"]
    assert len(puts) == 2
    assert all("authorization" not in seen[2] for seen in puts)
    assert puts[1][3] == b"abc" * 9
    keys = [s[2]["idempotency-key"] for s in misbehaving.seen if s[0] == "POST"]
    assert len(set(keys)) == 2


def test_waiting_ends_in_time(misbehaving: Any, client: Client) -> None:
    running = {"id": "a", "url": "/api/v1/analyses/a/", "status": "running"}
    misbehaving.plan = [answer(200, running, Retry_After="0")] * 99
    with pytest.raises(ResultTimeout):
        client.wait_for_result("a", timeout=0.3)


def test_new_members_and_words_do_no_harm(misbehaving: Any, client: Client) -> None:
    body = {"id": "a", "status": "dreaming", "verdict": "odd", "mood": {"x": 1}}
    misbehaving.plan = [answer(200, body)]
    analysis = client.analysis("a")
    assert analysis.status == "dreaming"
    assert analysis.verdict is not None
    assert not analysis.verdict.is_known
    assert analysis.mood == {"x": 1}  # type: ignore[attr-defined]
    assert analysis.reasons == ()
    with pytest.raises(AttributeError, match="sent no 'score'"):
        _ = analysis.score


def test_downloads_that_break_off_leave_no_half_file(
    misbehaving: Any, client: Client, tmp_path: Path
) -> None:
    def half(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(b"x" * 10)
        drop(handler)

    misbehaving.plan = [half] * 9
    with pytest.raises(ConnectionFailed):
        client.original("i", tmp_path / "a.jpg")
    assert list(tmp_path.iterdir()) == []

    misbehaving.plan = [half, (200, {}, b"whole")]
    client.original("i", tmp_path / "a.jpg")
    assert (tmp_path / "a.jpg").read_bytes() == b"whole"


def test_ids_stay_one_part_of_the_path(misbehaving: Any, client: Client) -> None:
    with pytest.raises(NotFound):
        client.case("../../admin/?x")
    assert misbehaving.seen[0][1] == "/api/v1/cases/..%2F..%2Fadmin%2F%3Fx/"
    with pytest.raises(ValueError, match="Expected an id"):
        client.case("..")


def test_the_other_face_retries_alike(misbehaving: Any) -> None:
    misbehaving.plan = [drop, problem(503, "x"), answer(202, IMAGE), (404, {}, b"{}")]

    async def use() -> str:
        async with AsyncClient(misbehaving.url, "pw_test", retries=QUICK) as client:
            image = await client.send(b"\xff\xd8" * 99_999)
            with pytest.raises(NotFound):
                await client.case("1")
            return image.id

    assert asyncio.run(use()) == "i-1"
    keys = {seen[2].get("idempotency-key") for seen in misbehaving.seen[:3]}
    assert len(keys) == 1


@pytest.mark.parametrize("url", ["", "ftp://a", "a.example", "https://u:p@a.example"])
def test_addresses_that_are_none_are_refused(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.delenv("PIXELWARDEN_URL", raising=False)
    with pytest.raises(ConfigurationError):
        Client(url, "pw_a")


def test_address_and_key_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, misbehaving: Any
) -> None:
    monkeypatch.setenv("PIXELWARDEN_URL", misbehaving.url + "/")
    monkeypatch.setenv("PIXELWARDEN_KEY", "pw_env\n")
    misbehaving.plan = [answer(200, IMAGE)]
    with Client() as client:
        client.image("i")
    assert misbehaving.seen[0][2]["authorization"] == "Bearer pw_env"
    monkeypatch.delenv("PIXELWARDEN_KEY")
    with pytest.raises(ConfigurationError, match="PIXELWARDEN_KEY"):
        Client()


@given(st.text())
def test_a_retry_after_that_is_none_is_none(text: str) -> None:
    seconds = seconds_of(text)
    assert seconds is None or seconds >= 0


def test_a_retry_after_may_be_a_date() -> None:
    moment = datetime.now(UTC) + timedelta(seconds=30)
    seconds = seconds_of(format_datetime(moment, usegmt=True))
    assert seconds is not None
    assert 28 < seconds <= 30


@given(st.integers(1, 40), st.none() | st.floats(0, 60))
def test_pauses_grow_and_never_fall_below_what_was_asked(
    tries: int, asked: float | None
) -> None:
    pause = Retries().pause(tries, asked)
    assert pause >= (asked or 0)
    assert pause <= max(20, (asked or 0) + 1)
