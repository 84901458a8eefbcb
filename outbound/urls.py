"""Reading an address that a stranger wrote, once; whatever is odd about it is refused.

The parts read here are what is connected to: no second parser gets to see the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import idna

from outbound.addresses import Address, is_allowed, literal
from outbound.errors import AddressRefusedError, UrlRefusedError

if TYPE_CHECKING:
    from outbound.rules import Rules

LONGEST = 2048
LONGEST_NAME = 253
PORTS = {"https": 443, "http": 80}
# What may stand in a URL as it goes over the wire; anything else is to be encoded.
PLAIN = re.compile(r"[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]+")
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
# What a resolver would take for a number: decimal, octal, hexadecimal.
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes, in parts.

    Attributes
    ----------
    host : str
        A name in ASCII and lower case without a last dot, or an IP address.
    address : Address or None
        The IP address, where the host is one.
    path : str
        Path and query.
    """

    scheme: str
    host: str
    port: int
    path: str
    address: Address | None = None

    @property
    def authority(self) -> str:
        """Host and port as the ``Host`` header names them."""
        host = f"[{self.host}]" if isinstance(self.address, IPv6Address) else self.host
        return host if self.port == PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The whole address, in its one spelling."""
        return f"{self.scheme}://{self.authority}{self.path}"


def read_url(text: str, rules: Rules) -> Target:
    """Take an address apart, or say what is wrong with it.

    Raises
    ------
    UrlRefusedError
        It is malformed, or the rules have no such scheme or port.
    AddressRefusedError
        Its host is an IP address that may not be reached.
    """
    if len(text) > LONGEST:
        raise UrlRefusedError(f"The address is longer than {LONGEST} characters.")
    rest = _scheme_of(text, rules)
    scheme = text.split(":", 1)[0].lower()
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    path = rest[len(authority) :].split("#", 1)[0]
    if path and not PLAIN.fullmatch(path):
        raise UrlRefusedError(
            "The address holds characters after the host that are to be %-encoded."
        )
    if "@" in authority:
        raise UrlRefusedError(
            "The address holds a user name or password; leave it out."
        )
    host, port = _split_port(authority)
    number = _port(port, scheme, rules)
    name, address = _host(host)
    if address is not None and not is_allowed(address, rules.networks):
        raise AddressRefusedError(
            "The host is no address of the public internet; it is not connected to."
        )
    if not path.startswith("/"):
        path = "/" + path
    target = Target(scheme, name, number, path, address)
    if len(target.url) > LONGEST:  # the one spelling can be longer than what was given
        raise UrlRefusedError(
            f"The address is longer than {LONGEST} characters in its full spelling."
        )
    return target


def follow(target: Target, location: str, rules: Rules) -> Target:
    """Read where a redirect leads, by the same rules; never from https to http.

    Raises
    ------
    UrlRefusedError, AddressRefusedError
        As of :func:`read_url`.
    """
    try:
        text = urljoin(target.url, location)
    except ValueError:
        raise UrlRefusedError("The redirect leads to no readable address.") from None
    reached = read_url(text, rules)
    if target.scheme == "https" and reached.scheme != "https":
        raise UrlRefusedError("The redirect leads from https to http.")
    return reached


def _scheme_of(text: str, rules: Rules) -> str:
    scheme, mark, rest = text.partition("://")
    if not mark or scheme.lower() not in PORTS:
        raise UrlRefusedError("The address does not start with https://.")
    if scheme.lower() not in rules.schemes:
        allowed = " or ".join(f"{name}://" for name in sorted(rules.schemes))
        raise UrlRefusedError(f"The address has to start with {allowed}.")
    return rest


def _split_port(authority: str) -> tuple[str, str]:
    if authority.startswith("["):
        host, mark, port = authority.partition("]")
        if not mark or (port and not port.startswith(":")):
            raise UrlRefusedError("The host of the address cannot be read.")
        return host + mark, port.removeprefix(":")
    host, _, port = authority.partition(":")
    return host, port


def _port(text: str, scheme: str, rules: Rules) -> int:
    text = text or str(PORTS[scheme])
    if not (text.isascii() and text.isdigit() and len(text) <= 5):
        raise UrlRefusedError("The port of the address is no number.")
    if int(text) not in rules.ports:
        allowed = ", ".join(map(str, sorted(rules.ports)))
        raise UrlRefusedError(f"Port {int(text)} is not allowed; use one of {allowed}.")
    return int(text)


def _host(text: str) -> tuple[str, Address | None]:
    if text.startswith("["):
        address = literal(text[1:-1])
        if not isinstance(address, IPv6Address) or address.scope_id is not None:
            raise AddressRefusedError("The host in brackets is no IPv6 address.")
        return str(address), address
    name = _ascii(text).removesuffix(".")
    labels = name.split(".")
    if len(name) > LONGEST_NAME or not all(map(LABEL.fullmatch, labels)):
        raise UrlRefusedError("The host of the address is no name.")
    if not NUMBER.fullmatch(labels[-1]):
        return name, None
    address = literal(name)
    if address is None:
        raise AddressRefusedError(
            "The host is a number; write an IP address as four decimal numbers."
        )
    return str(address), address


def _ascii(text: str) -> str:
    if text.isascii():
        return text.lower()
    try:
        return idna.encode(text, uts46=True).decode("ascii").lower()
    except (idna.IDNAError, UnicodeError):
        raise UrlRefusedError("The host of the address is no name.") from None
