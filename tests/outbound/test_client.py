"""Requests to servers that behave as strangers' do, on real sockets."""

import gzip
import io
import socket
import time
from pathlib import Path
from typing import Any

import pytest

from outbound.client import fetch, post
from outbound.errors import (
    AddressRefusedError,
    BadAnswerError,
    ConnectFailedError,
    DnsFailedError,
    EncodingRefusedError,
    OutboundError,
    RedirectRefusedError,
    StatusError,
    TimedOutError,
    TlsFailedError,
    TooLargeError,
    UrlRefusedError,
)
from outbound.rules import Limits, Rules
from tests.receivers import (
    Behaviour,
    Request,
    answer,
    answering,
    certificate,
    dripping,
    endless,
    hanging_up,
    receiving,
    silent,
)

QUICK = Limits(
    connect_seconds=1, read_seconds=0.5, total_seconds=1, max_bytes=1000,
    max_redirects=3,
)  # fmt: skip


def test_a_body_is_read_and_the_request_says_little() -> None:
    with receiving(answering(body=b"picture")) as receiver:
        url = receiver.url("/a?b=c")
        got = fetch(url, rules=receiver.rules(), limits=QUICK)
    assert (got.status, got.body, got.is_cut, got.url) == (200, b"picture", False, url)
    request = receiver.requests[0]
    assert request.line == "GET /a?b=c HTTP/1.1"
    assert request.headers == {
        "host": f"localhost:{receiver.port}",
        "user-agent": "Pixelwarden/1",
        "accept": "*/*",
        "accept-encoding": "identity",
        "connection": "close",
    }


def test_a_body_can_be_written_elsewhere_as_it_comes() -> None:
    file = io.BytesIO()
    with receiving(answering(body=b"picture")) as receiver:
        got = fetch(receiver.url(), rules=receiver.rules(), limits=QUICK, into=file)
    assert (got.body, file.getvalue()) == (b"", b"picture")


def test_the_default_rules_reach_nothing_on_this_machine() -> None:
    with receiving(answering()) as receiver:
        rules = receiver.rules(networks=())
        for host in ("localhost", "127.0.0.1"):
            url = f"http://{host}:{receiver.port}/"
            with pytest.raises(AddressRefusedError) as caught:
                post(url, body=b"", headers={}, rules=rules, limits=QUICK)
            assert caught.value.code == "address_refused"
    assert receiver.connections == 0


def compressed(connection: socket.socket, _: Request) -> None:
    body = gzip.compress(b"x" * 100_000)
    connection.sendall(answer(body=body, headers=("Content-Encoding: gzip",)))


def promising(connection: socket.socket, _: Request) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\n")


def breaking_off(connection: socket.socket, _: Request) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\nhalf")


def nonsense(connection: socket.socket, _: Request) -> None:
    connection.sendall(b"secret of the inner network\r\n\r\n")


def long_headers(connection: socket.socket, _: Request) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-More: " + b"y" * 60_000 + b"\r\n")


@pytest.mark.parametrize(
    ("behave", "expected"),
    [
        (silent, TimedOutError),
        (dripping(answer(body=b"x" * 500)), TimedOutError),
        (dripping(b"HTTP/1.1 100 Continue\r\n\r\n" * 50, 0.01), TimedOutError),
        (endless, TooLargeError),
        (promising, TooLargeError),
        (answering(body=b"x" * 1001), TooLargeError),
        (compressed, EncodingRefusedError),
        (hanging_up, BadAnswerError),
        (breaking_off, BadAnswerError),
        (nonsense, BadAnswerError),
        (long_headers, OutboundError),
        (answering(500, b"secret"), StatusError),
        (answering(204 + 200, b"secret"), StatusError),
    ],
)
def test_what_goes_wrong_has_a_kind_and_no_word_of_the_answer(
    behave: Behaviour, expected: type[OutboundError]
) -> None:
    started = time.monotonic()
    with receiving(behave) as receiver, pytest.raises(expected) as caught:
        fetch(receiver.url(), rules=receiver.rules(), limits=QUICK)
    assert time.monotonic() - started < 2.5
    assert "secret" not in str(caught.value)


def test_nobody_there() -> None:
    with receiving(answering()) as receiver:
        pass
    with pytest.raises(ConnectFailedError):
        fetch(receiver.url(), rules=receiver.rules(), limits=QUICK)


def test_a_name_without_an_address() -> None:
    with pytest.raises(DnsFailedError):
        fetch("https://nobody.invalid/", rules=Rules(), limits=QUICK)


def test_a_slow_look_up_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: time.sleep(3) or [])
    started = time.monotonic()
    with pytest.raises(TimedOutError):
        fetch("https://slow.example/", rules=Rules(), limits=QUICK)
    assert time.monotonic() - started < 2


def rows(*addresses: str) -> list[Any]:
    return [(2, 1, 6, "", (address, 443)) for address in addresses]


def test_one_inner_address_among_public_ones_refuses_the_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = rows("8.8.8.8", "127.0.0.1")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(AddressRefusedError):
        fetch("https://mixed.example/", rules=Rules(), limits=QUICK)


def test_a_name_that_changes_its_mind_is_looked_up_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The address that was judged is connected to, not what a second look-up says."""
    asked: list[Any] = []
    real = socket.getaddrinfo

    def rebinding(host: Any, *rest: Any, **named: Any) -> Any:
        if host != "rebinding.example":
            return real(host, *rest, **named)
        asked.append(host)
        return rows("127.0.0.1" if len(asked) == 1 else "127.9.9.9")

    with receiving(answering(body=b"first")) as receiver:
        monkeypatch.setattr(socket, "getaddrinfo", rebinding)
        url = f"http://rebinding.example:{receiver.port}/"
        got = fetch(url, rules=receiver.rules(), limits=QUICK)
    assert (got.body, asked) == (b"first", ["rebinding.example"])
    assert receiver.requests[0].headers["host"] == f"rebinding.example:{receiver.port}"


def test_the_next_address_is_tried_when_one_is_dead(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = socket.getaddrinfo
    found = rows("::1", "127.0.0.1")

    def two(host: Any, *rest: Any, **named: Any) -> Any:
        return found if host == "two.example" else real(host, *rest, **named)

    with receiving(answering()) as receiver:
        monkeypatch.setattr(socket, "getaddrinfo", two)
        url = f"http://two.example:{receiver.port}/"
        assert fetch(url, rules=receiver.rules(), limits=QUICK).status == 200


def test_proxies_of_the_environment_are_not_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with receiving(answering()) as receiver:
        assert fetch(receiver.url(), rules=receiver.rules(), limits=QUICK).status == 200


def test_redirects_are_followed_as_far_as_allowed_and_each_is_judged() -> None:
    with receiving(answering(body=b"there")) as end:
        moved = answering(302, headers=(f"Location: {end.url('/x')}",))
        with receiving(moved) as start:
            rules = start.rules(ports=frozenset({start.port, end.port}))
            own = {"X-Key": "ours"}
            got = fetch(start.url(), rules=rules, limits=QUICK, headers=own)
            assert start.requests[0].headers["x-key"] == "ours"
            assert "x-key" not in end.requests[0].headers
            assert (got.body, got.url) == (b"there", end.url("/x"))
            with pytest.raises(UrlRefusedError):  # the other port is not allowed
                fetch(start.url(), rules=start.rules(), limits=QUICK)
            with pytest.raises(RedirectRefusedError):
                post(start.url(), body=b"", headers={}, rules=rules, limits=QUICK)
    assert len(end.requests) == 1


@pytest.mark.parametrize(
    ("location", "expected"),
    [
        ("http://10.0.0.1/", AddressRefusedError),
        ("http://[::ffff:127.0.0.1]/", AddressRefusedError),
        ("http://0x7f000001/", AddressRefusedError),
        ("file:///etc/passwd", UrlRefusedError),
        ("http://[", UrlRefusedError),
        ("", RedirectRefusedError),
        ("/again", RedirectRefusedError),
    ],
)
def test_redirects_that_are_not_followed(
    location: str, expected: type[OutboundError]
) -> None:
    moved = answering(301, headers=(f"Location: {location}",))
    with receiving(moved) as receiver:
        rules = receiver.rules(ports=frozenset({receiver.port, 80}))
        with pytest.raises(expected):
            fetch(receiver.url(), rules=rules, limits=QUICK)
    assert len(receiver.requests) <= 4


def test_tls_is_verified_against_the_name(tmp_path: Path) -> None:
    pem, context = certificate(tmp_path, "localhost")
    with receiving(answering(), context=context) as receiver:
        url = receiver.url(scheme="https")
        trusting = receiver.rules(ca_file=str(pem))
        assert fetch(url, rules=trusting, limits=QUICK).status == 200
        with pytest.raises(TlsFailedError):  # signed by nobody known
            fetch(url, rules=receiver.rules(), limits=QUICK)
        with pytest.raises(TlsFailedError):  # the address is not in the certificate
            fetch(url.replace("localhost", "127.0.0.1"), rules=trusting, limits=QUICK)
        with pytest.raises(OutboundError):
            fetch(receiver.url(), rules=trusting, limits=QUICK)
    pem, context = certificate(tmp_path, "other.example")
    with receiving(answering(), context=context) as receiver:
        rules = receiver.rules(ca_file=str(pem))
        with pytest.raises(TlsFailedError):
            fetch(receiver.url(scheme="https"), rules=rules, limits=QUICK)
    with receiving(answering()) as receiver:
        url = receiver.url(scheme="https")
        with pytest.raises(OutboundError):
            fetch(url, rules=receiver.rules(), limits=QUICK)


def test_posting_returns_any_status_with_the_start_of_the_body() -> None:
    with receiving(answering(503, b"y" * 5000, ("Retry-After: 7",))) as receiver:
        got = post(
            receiver.url(),
            body=b"{}",
            headers={"content-type": "application/json"},
            rules=receiver.rules(),
            limits=QUICK,
        )
    assert (got.status, len(got.body), got.is_cut) == (503, 1000, True)
    assert got.header("Retry-After") == "7"
    assert receiver.requests[0].body == b"{}"
    assert receiver.requests[0].headers["content-length"] == "2"


@pytest.mark.parametrize("behave", [endless, breaking_off])
def test_a_posts_answer_counts_although_its_body_never_ends(behave: Behaviour) -> None:
    with receiving(behave) as receiver:
        got = post(
            receiver.url(), body=b"", headers={}, rules=receiver.rules(), limits=QUICK
        )
    assert (got.status, got.is_cut) == (200, True)
