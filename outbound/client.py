"""The one way out of the house for requests to addresses that strangers name.

Every address is read by one strict parser, looked up once, judged (all its IP
addresses), and connected to at the very address that was judged, so that a name that
changes its mind in between reaches nothing. TLS is verified against the name. There
are no proxies and no cookies; nothing of an answer gets into an error's words.
"""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import httpcore

from outbound.answers import Answer
from outbound.connecting import CheckedBackend, Clock, resolve, tls_context
from outbound.errors import (
    BadAnswerError,
    ConnectFailedError,
    EncodingRefusedError,
    OutboundError,
    RedirectRefusedError,
    StatusError,
    TimedOutError,
    TlsFailedError,
    TooLargeError,
)
from outbound.urls import follow, read_url

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from outbound.rules import Limits, Rules
    from outbound.urls import Target

REDIRECTS = frozenset({301, 302, 303, 307, 308})
AGENT = "Pixelwarden/1"
LONGEST_HEADER = 2000
MOST_HEADERS = 100


class Sink(Protocol):
    """What an answer's body can be written to, as it comes."""

    def write(self, data: bytes, /) -> object:
        """Take some bytes."""
        ...


def check_url(url: str, *, rules: Rules) -> str:
    """Return an address in its one spelling, without asking anybody.

    For forms: what the host's name leads to is judged when the request is made.

    Raises
    ------
    UrlRefusedError, AddressRefusedError
        It could never be reached.
    """
    return read_url(url, rules).url


def fetch(
    url: str,
    *,
    rules: Rules,
    limits: Limits,
    headers: Mapping[str, str] | None = None,
    into: Sink | None = None,
) -> Answer:
    """Read what lies at an address, following as many redirects as the limits allow.

    ``headers`` go to the host of the address only, not to where it leads.

    Parameters
    ----------
    into : Sink, optional
        Where to write the body, instead of into the answer; it may have got a part
        when an error is raised.

    Raises
    ------
    OutboundError
        Of the kind that its ``code`` names; also for every status but the 200s.
    """
    way = _Way(rules, limits, Clock(limits.total_seconds), headers or {})
    target = read_url(url, rules)
    for _ in range(limits.max_redirects + 1):
        with _sent(way, "GET", target) as response:
            head = _head(response, target)
            if head.status not in REDIRECTS:
                if not head.is_success:
                    raise StatusError(
                        f"The answer's status is {head.status}.", answer=head
                    )
                return _read_whole(response, head, limits, into)
        reached = _next(target, head, rules, limits)
        if (reached.scheme, reached.authority) != (target.scheme, target.authority):
            way = replace(way, headers={})  # they were meant for the first host
        target = reached
    raise RedirectRefusedError("The address leads on too often.")


def post(
    url: str,
    *,
    body: bytes,
    headers: Mapping[str, str],
    rules: Rules,
    limits: Limits,
) -> Answer:
    """Send something, and return the answer whatever its status is.

    No redirect is followed. The body of the answer is cut at the limit, silently.

    Raises
    ------
    OutboundError
        There is no answer, or it is a redirect (the error has the answer).
    """
    way = _Way(rules, limits, Clock(limits.total_seconds), headers)
    target = read_url(url, rules)
    with _sent(way, "POST", target, body) as response:
        head = _head(response, target)
        answer = _read_start(response, head, limits)
    if 300 <= answer.status < 400:
        raise RedirectRefusedError(
            "The answer leads elsewhere; that is not followed.", answer=answer
        )
    return answer


def _next(target: Target, head: Answer, rules: Rules, limits: Limits) -> Target:
    location = head.header("location")
    if not limits.max_redirects or not location:
        raise RedirectRefusedError("The answer leads elsewhere; that is not followed.")
    return follow(target, location, rules)


@dataclass(frozen=True, slots=True)
class _Way:
    """What holds for one request and for every one that it leads on to."""

    rules: Rules
    limits: Limits
    clock: Clock
    headers: Mapping[str, str]

    def backend(self, target: Target) -> CheckedBackend:
        """Look the host up, judge it, and return what connects to it."""
        addresses = resolve(target, rules=self.rules, clock=self.clock)
        return CheckedBackend(addresses, self.clock, self.limits.max_bytes)


@contextmanager
def _sent(
    way: _Way, method: str, target: Target, body: bytes = b""
) -> Iterator[httpcore.Response]:
    every: dict[bytes | str, bytes | str] = {
        "Host": target.authority,
        "User-Agent": AGENT,
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }
    every.update(way.headers.items())
    waits = {
        "connect": way.limits.connect_seconds,
        "read": way.limits.read_seconds,
        "write": way.limits.read_seconds,
    }
    pool = httpcore.ConnectionPool(
        ssl_context=tls_context(way.rules.ca_file),
        max_connections=1,
        network_backend=way.backend(target),
    )
    url = httpcore.URL(
        scheme=target.scheme, host=target.host, port=target.port, target=target.path
    )
    with (
        _errors_told(),
        pool,
        pool.stream(
            method,
            url,
            headers=every,
            content=body or None,
            extensions={"timeout": waits},
        ) as response,
    ):
        yield response


@contextmanager
def _errors_told() -> Iterator[None]:
    """Turn the library's errors into ours; theirs can hold what the host sent."""
    try:
        yield
    except httpcore.TimeoutException:
        raise TimedOutError("The host did not answer in time.") from None
    except httpcore.ConnectError as error:
        if _is_tls(error):
            raise TlsFailedError(
                "The host's certificate is not valid for its name, or it speaks no TLS."
            ) from None
        raise ConnectFailedError("The host does not take connections.") from None
    except httpcore.NetworkError as error:
        if _is_tls(error):
            raise TlsFailedError("The host broke off the TLS connection.") from None
        raise ConnectFailedError("The host hung up.") from None
    except httpcore.ProtocolError:
        raise BadAnswerError("The host's answer is no whole HTTP answer.") from None


def _is_tls(error: BaseException) -> bool:
    return any(
        isinstance(cause, ssl.SSLError)
        for cause in (*error.args, error.__cause__, error.__context__)
    )


def _head(response: httpcore.Response, target: Target) -> Answer:
    headers = tuple(
        (name.decode("latin-1").lower(), value.decode("latin-1")[:LONGEST_HEADER])
        for name, value in response.headers[:MOST_HEADERS]
    )
    return Answer(response.status, headers, b"", is_cut=False, url=target.url)


def _read_whole(
    response: httpcore.Response, head: Answer, limits: Limits, into: Sink | None
) -> Answer:
    """Read a body as it comes; the cap is on what is held at any time."""
    if head.header("content-encoding").lower() not in {"", "identity"}:
        raise EncodingRefusedError("The answer is compressed; that was declined.")
    length = head.header("content-length")
    if length.isascii() and length.isdigit() and int(length[:20]) > limits.max_bytes:
        raise _too_large(limits)
    parts: list[bytes] = []
    size = 0
    for chunk in response.iter_stream():
        size += len(chunk)
        if size > limits.max_bytes:
            raise _too_large(limits)
        if into is None:
            parts.append(chunk)
        else:
            into.write(chunk)
    return replace(head, body=b"".join(parts))


def _read_start(response: httpcore.Response, head: Answer, limits: Limits) -> Answer:
    """Read the first bytes of a body; that the rest fails to come is no matter."""
    body = b""
    try:
        for chunk in response.iter_stream():
            body += chunk[: limits.max_bytes + 1 - len(body)]
            if len(body) > limits.max_bytes:
                break
        else:
            return replace(head, body=body)
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError):
        pass  # the status is what counts, and it is there
    except OutboundError:
        pass
    return replace(head, body=body[: limits.max_bytes], is_cut=True)


def _too_large(limits: Limits) -> TooLargeError:
    return TooLargeError(f"The answer is larger than {limits.max_bytes} bytes.")
