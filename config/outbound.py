"""Where requests to addresses that strangers name may go: the environment's rules."""

from ipaddress import ip_network

from django.core.exceptions import ImproperlyConfigured

from config.env import PREFIX, Environment
from outbound.rules import Network, Rules

DEFAULTS = Rules()


def outbound_rules(environment: Environment) -> Rules:
    """Read ``OUTBOUND_SCHEMES``, ``_PORTS``, ``_NETWORKS``; unset, they are strict."""
    schemes = frozenset(environment.names("OUTBOUND_SCHEMES")) or DEFAULTS.schemes
    if not schemes <= {"https", "http"}:
        raise _wrong("SCHEMES", "use 'https', or 'https,http'")
    ports = frozenset(map(_port, environment.names("OUTBOUND_PORTS")))
    networks = tuple(map(_network, environment.names("OUTBOUND_NETWORKS")))
    return Rules(schemes=schemes, ports=ports or DEFAULTS.ports, networks=networks)


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= 5 and 0 < int(text) < 65_536:
        return int(text)
    raise _wrong("PORTS", f"{text[:40]!r} is no port; use numbers such as 443,8443")


def _network(text: str) -> Network:
    try:
        return ip_network(text)
    except ValueError:
        raise _wrong(
            "NETWORKS", f"{text[:60]!r} is no network; use such as 10.20.0.0/16"
        ) from None


def _wrong(name: str, why: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{PREFIX}OUTBOUND_{name} cannot be used: {why}.")
