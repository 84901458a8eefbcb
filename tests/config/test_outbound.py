"""The rules for requests to strangers' addresses, as the environment gives them."""

from ipaddress import ip_network

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import PREFIX, Environment
from config.outbound import outbound_rules
from outbound.rules import Rules


def read(**variables: str) -> Rules:
    return outbound_rules(
        Environment.read({PREFIX + name: value for name, value in variables.items()})
    )


def test_nothing_set_is_strict() -> None:
    assert read() == Rules()
    assert read().schemes == {"https"}
    assert read().networks == ()


def test_an_operator_can_allow_more() -> None:
    rules = read(
        OUTBOUND_SCHEMES="https, http",
        OUTBOUND_PORTS="443, 9000",
        OUTBOUND_NETWORKS="10.20.0.0/16, fd00::/8",
    )
    assert rules.schemes == {"https", "http"}
    assert rules.ports == {443, 9000}
    assert rules.networks == (ip_network("10.20.0.0/16"), ip_network("fd00::/8"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SCHEMES", "ftp"),
        ("PORTS", "0"),
        ("PORTS", "https"),
        ("PORTS", "70000"),
        ("NETWORKS", "10.20.0.1/16"),
        ("NETWORKS", "intranet"),
    ],
)
def test_what_cannot_be_read_refuses_to_start(name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"OUTBOUND_{name}"):
        read(**{f"OUTBOUND_{name}": value})
