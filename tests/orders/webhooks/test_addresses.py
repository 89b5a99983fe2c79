"""Which addresses webhooks may go to, as a table; and what an organiser is told of a URL."""

import pytest

from services.orders.webhooks.addresses import is_public, why_not

INSIDE = [
    "0.0.0.0",  # noqa: S104
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "127.0.0.1",
    "127.255.255.254",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::7f00:1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "2002:808:808::1",
    "fc00::1",
    "fd12:3456:789a::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "nonsense",
    "",
]
OUTSIDE = ["8.8.8.8", "1.1.1.1", "100.63.255.255", "172.32.0.1", "2606:4700::1111", "2a00:1450::1", "64:ff9b::808:808"]


@pytest.mark.parametrize("address", INSIDE)
def test_what_lies_behind_us_or_is_nobodys_is_refused(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_is_on_the_internet_is_allowed(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/hook",
        "https://example.org:8443/hook?shop=1",
        "https://8.8.8.8/",
        "https://[2606:4700::1111]/",
        "https://bücher.example/hook",
    ],
)
def test_an_address_on_the_internet_will_be_tried(url: str) -> None:
    assert why_not(url) is None


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("", "https://"),
        ("hook", "https://"),
        ("//example.org", "https://"),
        ("ftp://example.org", "https://"),
        ("file:///etc/passwd", "https://"),
        ("http://example.org/hook", "Use https://"),
        ("https://", "https://"),
        ("https://example.org:99999/", "no URL"),
        ("https://[::1", "no URL"),
        ("https://ada:secret@example.org/", "name and password"),
        ("https://example.org/#part", "follows the #"),
        *[
            (f"https://{host}/", "not a public one")
            for host in (
                "127.0.0.1",
                "10.0.0.1",
                "[::1]",
                "[::ffff:10.0.0.1]",
                "2130706433",
                "127.1",
                "0x7f.1",
                "0x7f000001",
                "017700000001",
                "localhost",
                "LOCALHOST.",
                "shop.localhost",
                "printer.local",
                "metadata.google.internal",
                "intranet",
            )
        ],
    ],
)
def test_a_url_that_leads_elsewhere_is_refused_in_words(url: str, told: str) -> None:
    reason = why_not(url)
    assert reason
    assert told in reason


def test_the_setting_allows_private_addresses_and_nothing_that_is_no_url() -> None:
    assert why_not("http://127.0.0.1:8080/hook", allow_private=True) is None
    assert why_not("http://localhost/hook", allow_private=True) is None
    assert why_not("ftp://127.0.0.1/", allow_private=True)
    assert why_not("https://ada@example.org/", allow_private=True)
