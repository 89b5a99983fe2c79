"""What holds for links and sessions, and who is taken for the one who asks."""

from datetime import UTC, datetime, timedelta

import pytest

from services.orders.accounts.rules import Asked, Link, Standing, Verdict, standing, trustworthy, verdict, whereabouts
from shared.clients import PRIVATE, last_stranger, networks

NOW = datetime(2027, 5, 1, 12, 0, tzinfo=UTC)
SOON, PAST = NOW + timedelta(minutes=1), NOW - timedelta(seconds=1)


@pytest.mark.parametrize(
    ("asked", "then"),
    [
        (Asked(0, 0, 0), "send"),
        (Asked(2, 9, 29), "send"),
        (Asked(3, 3, 3), "say nothing"),
        (Asked(0, 10, 0), "say nothing"),
        (Asked(0, 0, 30), "refuse"),
        (Asked(3, 10, 30), "refuse"),
    ],
)
def test_an_address_gets_a_few_links_and_a_place_may_ask_for_some_more(asked: Asked, then: Verdict) -> None:
    assert verdict(asked) == then


@pytest.mark.parametrize(
    ("link", "is_"),
    [
        (Link("a", ours=True, used=False, expires_at=SOON), "good"),
        (Link("a", ours=False, used=False, expires_at=SOON), "another browser"),
        (Link("a", ours=True, used=True, expires_at=SOON), "used"),
        (Link("a", ours=True, used=True, expires_at=PAST), "used"),
        (Link("a", ours=True, used=False, expires_at=NOW), "expired"),
        (Link("a", ours=False, used=False, expires_at=PAST), "expired"),
        (None, "expired"),
    ],
)
def test_a_link_is_good_once_in_time_where_it_was_asked_for(link: Link | None, is_: Standing) -> None:
    assert standing(link, NOW) == is_


def test_a_home_is_one_place_however_many_addresses_it_has() -> None:
    assert whereabouts("2001:db8:1:2:3::7") == whereabouts("2001:db8:1:2:ffff::1") != whereabouts("2001:db8:1:3::7")
    assert whereabouts("203.0.113.7") != whereabouts("203.0.113.8")
    assert whereabouts("nonsense") == "nonsense"


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.7", "", "203.0.113.7"),
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
        ("10.0.0.1", "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.0.0.1", "nonsense", "10.0.0.1"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("::1", "2001:db8::1", "2001:db8::1"),
    ],
)
def test_who_asks_is_whom_the_last_proxy_of_ours_had_it_from(peer: str, forwarded: str, client: str) -> None:
    assert last_stranger(peer, forwarded, networks(PRIVATE)) == client


@pytest.mark.parametrize(
    ("url", "takes_secure_cookies"),
    [
        ("https://tickets.example", True),
        ("http://localhost:8080", True),
        ("http://127.0.0.1:8080", True),
        ("http://[::1]:8080", True),
        ("http://192.168.1.7:8080", False),
        ("http://localhost.example", False),
    ],
)
def test_cookies_are_secure_where_browsers_take_them(url: str, takes_secure_cookies: bool) -> None:
    assert trustworthy(url) is takes_secure_cookies
