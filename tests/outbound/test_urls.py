"""Spellings of addresses: each odd one is refused, each plain one read once."""

from ipaddress import IPv4Address, IPv6Address, ip_network

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outbound.addresses import NOT_PUBLIC_4, is_allowed, is_public
from outbound.client import check_url
from outbound.errors import AddressRefusedError, OutboundError, UrlRefusedError
from outbound.rules import Rules
from outbound.urls import read_url

BOTH = Rules(schemes=frozenset({"https", "http"}))
INTERNAL = (
    "127.0.0.1", "127.1", "127.0.1", "2130706433", "0x7f000001", "0x7f.0.0.1",
    "017700000001", "0177.0.0.1", "127.0.0.01", "127.0.0.1.", "0", "0.0.0.0",  # noqa: S104
    "10.1.2.3", "100.64.0.1", "169.254.169.254", "172.16.0.1", "192.168.1.1",
    "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.9", "224.0.0.1",
    "240.0.0.1", "255.255.255.255", "192.88.99.1", "0xa9fea9fe", "1.1.1.1.1",
    "256.1.1.1", "4294967296", "0x", "example.0x7f",
    "[::]", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]",
    "[::ffff:8.8.8.8]", "[2002:7f00:1::]", "[64:ff9b::7f00:1]", "[64:ff9b:1::7f00:1]",
    "[2001:0:7f00:1::]", "[fe80::1]", "[fe80::1%25eth0]", "[fe80::1%eth0]", "[fc00::1]",
    "[fd00:ec2::254]", "[ff02::1]", "[2001:db8::1]", "[3fff::1]", "[100::1]",
    "[::ffff:0:127.0.0.1]", "[fec0::1]", "[127.0.0.1]", "[]",
    "１２７.0.0.1", "①②⑦.0.0.1", "127。0。0。1",  # noqa: RUF001
)  # fmt: skip
MALFORMED = (
    "", "hello", "//example.org", "ftp://example.org/", "file:///etc/passwd",
    "gopher://example.org/", "javascript:alert(1)", "https:/example.org",
    "https:example.org", "https://", "https:///path", "https://user@example.org/",
    "https://user:word@example.org/", "https://example.org@127.0.0.1/",
    "https://127.0.0.1\\@example.org/", "https://example.org\\.evil/",
    "https://exa mple.org/", "https://example.org/a b", "https://example.org/\r\nX: y",
    "https://example.org/\x00", "https://example.org\t/", " https://example.org/",
    "https://example.org:22/", "https://example.org:0/", "https://example.org:99999/",
    "https://example.org:4٤3/", "https://example.org:-1/", "https://example.org:+443/",
    "https://[::1/", "https://[2606:4700::1]x/", "https://.example.org/",
    "https://example..org/", "https://%31%32%37.0.0.1/", "https://-a.example/",
    "https://" + "a" * 64 + ".example/", "https://" + "a." * 130 + "example/",
    "https://example.org/" + "a" * 2048, "https://exam\u00adple.org:443:443/",
    "https://example.org/é", "https://exa%6dple.org/", "https://example.org..",
    "https://example.org?" + "a" * 2028, "https://é.example/" + "a" * 2030,
)  # fmt: skip


@pytest.mark.parametrize("host", INTERNAL)
def test_internal_addresses_are_refused_in_any_spelling(host: str) -> None:
    with pytest.raises(AddressRefusedError):
        read_url(f"http://{host}/", BOTH)


@pytest.mark.parametrize("url", MALFORMED)
def test_malformed_addresses_are_refused(url: str) -> None:
    with pytest.raises(UrlRefusedError):
        read_url(url, BOTH)


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://Example.ORG", "https://example.org/"),
        ("HTTPS://example.org.:443/a?b=c#d", "https://example.org/a?b=c"),
        ("https://example.org:8443?x", "https://example.org:8443/?x"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
        ("https://[2606:4700:0::1111]:8443/", "https://[2606:4700::1111]:8443/"),
        ("https://hook_s.example.org/", "https://hook_s.example.org/"),
    ],
)
def test_plain_addresses_get_one_spelling(url: str, read: str) -> None:
    assert check_url(url, rules=BOTH) == read


def test_http_is_refused_unless_allowed() -> None:
    with pytest.raises(UrlRefusedError, match="https://"):
        read_url("http://example.org/", Rules())


def test_the_operators_networks_are_reached_and_nothing_inside_out() -> None:
    networks = (ip_network("10.0.0.0/8"), ip_network("64:ff9b::/96"))
    rules = Rules(networks=networks)
    assert read_url("https://10.1.2.3/", rules).host == "10.1.2.3"
    assert is_allowed(IPv6Address("64:ff9b::808:808"), networks)
    for host in ("192.168.0.1", "[64:ff9b::7f00:1]", "[::ffff:10.1.2.3]", "0xa010203"):
        with pytest.raises(AddressRefusedError):
            read_url(f"https://{host}/", rules)


@given(st.ip_addresses(v=4))
def test_every_number_for_an_ipv4_address_is_judged_as_that_address(
    address: IPv4Address,
) -> None:
    number = int(address)
    spellings = [str(number), hex(number), f"0{number:o}", hex(number).upper()]
    for host in spellings:
        with pytest.raises(OutboundError):
            read_url(f"https://{host}/", BOTH)
    if is_public(address):
        assert read_url(f"https://{address}/", BOTH).address == address
    else:
        with pytest.raises(AddressRefusedError):
            read_url(f"https://{address}/", BOTH)


@given(st.sampled_from(NOT_PUBLIC_4), st.integers(min_value=0))
def test_no_address_of_a_special_network_is_public_however_carried(
    network: object, offset: int
) -> None:
    address = network[offset % network.num_addresses]  # type: ignore[index, attr-defined]
    number = int(address)
    carriers = (
        address,
        IPv6Address((0xFFFF << 32) + number),
        IPv6Address(number),
        IPv6Address((0x2002 << 112) + (number << 80)),
        IPv6Address((0x64FF9B << 96) + number),
        IPv6Address((0x20010000 << 96) + (number << 64)),
        IPv6Address((0x20010000 << 96) + (number ^ 0xFFFFFFFF)),
    )
    assert not any(is_allowed(carrier) for carrier in carriers)


@settings(deadline=None)
@given(st.text(max_size=60))
def test_no_text_makes_the_reader_fail_otherwise(text: str) -> None:
    for url in (text, f"https://{text}", f"https://example.org:{text}/"):
        try:
            target = read_url(url, BOTH)
        except (UrlRefusedError, AddressRefusedError):
            continue
        assert target.url.isascii()
        assert read_url(target.url, BOTH) == target
