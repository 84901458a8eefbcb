"""What an operator allows, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Rules:
    """Where requests may go.

    Attributes
    ----------
    schemes : frozenset of str
        Of ``https`` and ``http``.
    ports : frozenset of int
        Nothing else is connected to, wherever it is.
    networks : tuple of Network
        The operator's own networks that may be reached although they are not public.
    ca_file : str
        A PEM file of authorities to believe instead of the system's; empty for those.
    """

    schemes: frozenset[str] = frozenset({"https"})
    ports: frozenset[int] = frozenset({80, 443, 8080, 8443})
    networks: tuple[Network, ...] = ()
    ca_file: str = ""


@dataclass(frozen=True, slots=True)
class Limits:
    """How long and how much.

    Attributes
    ----------
    connect_seconds, read_seconds : float
        For one connection, and for each wait for more.
    total_seconds : float
        For everything from looking up the name to the last byte, redirects included.
    max_bytes : int
        Of the answer's body.
    max_redirects : int
        Zero follows none.
    """

    connect_seconds: float = 5.0
    read_seconds: float = 10.0
    total_seconds: float = 30.0
    max_bytes: int = 1024 * 1024
    max_redirects: int = 0
