"""Which IP addresses belong to the public internet. Pure: nothing is looked up.

The lists are those of IANA's special-purpose registries, written out, since what
``ipaddress.is_global`` says differs between releases of Python. What carries an IPv4
address inside an IPv6 one (mapped, compatible, NAT64, 6to4, Teredo) is refused: behind
it may be anything, and nobody's public host is known by such an address only.
"""

from __future__ import annotations

from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from outbound.rules import Network

Address = IPv4Address | IPv6Address

NOT_PUBLIC_4 = tuple(
    IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
# The only part of IPv6 that is given out, less what is special in it.
PUBLIC_6 = IPv6Network("2000::/3")
NOT_PUBLIC_6 = tuple(
    IPv6Network(text)
    for text in (
        "2001::/23",  # Teredo, benchmarking, ORCHID, ...
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
    )
)
MAPPED = IPv6Network("::ffff:0:0/96")
COMPATIBLE = IPv6Network("::/96")
TRANSLATED = IPv6Network("::ffff:0:0:0/96")
NAT64 = IPv6Network("64:ff9b::/96")


def is_allowed(address: Address, networks: Iterable[Network] = ()) -> bool:
    """Return whether requests may go to an address.

    What lies in one of the operator's ``networks`` may be reached, unless it carries
    an IPv4 address that may not.
    """
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        return False
    if any(address.version == n.version and address in n for n in networks):
        inner = carried(address)
        return inner is None or is_allowed(inner, networks)
    return is_public(address)


def is_public(address: Address) -> bool:
    """Return whether an address is one of the public internet's."""
    if isinstance(address, IPv4Address):
        return not any(address in network for network in NOT_PUBLIC_4)
    return address in PUBLIC_6 and not any(address in n for n in NOT_PUBLIC_6)


def carried(address: Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 one stands for, if it does."""
    if isinstance(address, IPv4Address):
        return None
    if any(address in n for n in (MAPPED, TRANSLATED, NAT64, COMPATIBLE)):
        # ::1 and :: count too: nothing at 0.0.0.1 is anybody's.
        return IPv4Address(int(address) & 0xFFFFFFFF) if int(address) > 1 else None
    if address.sixtofour is not None:
        return address.sixtofour
    return address.teredo[1] if address.teredo is not None else None


def literal(text: str) -> Address | None:
    """Read an address in its one canonical spelling."""
    try:
        return ip_address(text)
    except ValueError:
        return None
