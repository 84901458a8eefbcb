"""Connections to the very addresses that were checked, within one span of time."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import certifi
import httpcore

from outbound.addresses import is_allowed, literal
from outbound.errors import (
    AddressRefusedError,
    DnsFailedError,
    TimedOutError,
    TooLargeError,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from outbound.rules import Rules
    from outbound.urls import Target

# Status line, headers and the framing of chunks, beside the body.
WIRE_EXTRA = 256 * 1024


class Clock:
    """Counts down the time that everything together may take."""

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds

    def left(self, most: float | None = None) -> float:
        """Return the seconds left, at most ``most``; raise when there are none."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimedOutError("The request took longer than allowed in all.")
        return left if most is None else min(left, most)


def resolve(target: Target, *, rules: Rules, clock: Clock) -> tuple[str, ...]:
    """Look up a host once; refuse it if any one of its addresses may not be reached.

    Raises
    ------
    DnsFailedError, TimedOutError, AddressRefusedError
        There is no address, none came in time, or one is not public.
    """
    if target.address is not None:
        return (str(target.address),)
    found = _look_up(target.host, target.port, clock.left())
    for text in found:
        address = literal(text)
        if address is None or not is_allowed(address, rules.networks):
            raise AddressRefusedError(
                "The host's name leads to an address outside the public internet; "
                "it is not connected to."
            )
    return found


def _look_up(host: str, port: int, seconds: float) -> tuple[str, ...]:
    """Ask the system, which knows no time limit, in a thread that is left behind."""
    answers: list[tuple[str, ...]] = []
    done = threading.Event()

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.append(tuple(dict.fromkeys(str(row[4][0]) for row in rows)))
        except (OSError, UnicodeError):
            answers.append(())
        finally:
            done.set()

    threading.Thread(target=ask, daemon=True).start()
    if not done.wait(seconds):
        raise TimedOutError("The host's name could not be looked up in time.")
    if not answers or not answers[0]:
        raise DnsFailedError("The host's name has no address.")
    return answers[0]


class CheckedBackend(httpcore.NetworkBackend):
    """Connects to the addresses it was given, whatever name it is asked for."""

    def __init__(
        self, addresses: tuple[str, ...], clock: Clock, max_bytes: int
    ) -> None:
        self._addresses = addresses
        self._clock = clock
        self._max_bytes = max_bytes
        self._system = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Try one address after the other."""
        for address in self._addresses[:-1]:
            try:
                return self._connect(address, port, timeout)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._connect(self._addresses[-1], port, timeout)

    def _connect(
        self, address: str, port: int, timeout: float | None
    ) -> httpcore.NetworkStream:
        seconds = self._clock.left(timeout)
        stream = self._system.connect_tcp(address, port, timeout=seconds)
        return CappedStream(stream, self._clock, self._max_bytes + WIRE_EXTRA)


class CappedStream(httpcore.NetworkStream):
    """A connection that ends with the clock, and after so many bytes."""

    def __init__(
        self, stream: httpcore.NetworkStream, clock: Clock, max_bytes: int
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._left = max_bytes

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Read what is there."""
        got = self._stream.read(max_bytes, self._clock.left(timeout))
        self._left -= len(got)
        if self._left < 0:
            raise TooLargeError("The answer is larger than allowed.")
        return got

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Write all of it."""
        self._stream.write(buffer, self._clock.left(timeout))

    def close(self) -> None:
        """Hang up."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Agree on TLS with whoever proves to be ``server_hostname``."""
        seconds = self._clock.left(timeout)
        inner = self._stream.start_tls(ssl_context, server_hostname, seconds)
        return CappedStream(inner, self._clock, self._left)

    def get_extra_info(self, info: str) -> Any:
        """Pass on what the library asks about the connection."""
        return self._stream.get_extra_info(info)


@lru_cache(maxsize=4)
def tls_context(ca_file: str) -> ssl.SSLContext:
    """Return a context that verifies certificate and name; 1.2 is the oldest TLS."""
    if ca_file:
        context = ssl.create_default_context(cafile=ca_file)
    else:
        context = ssl.create_default_context()
        if not context.cert_store_stats()["x509_ca"]:  # a system without authorities
            context.load_verify_locations(certifi.where())
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context
