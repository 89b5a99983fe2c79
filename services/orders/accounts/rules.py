"""What holds for links and sessions: plain functions over plain data."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address
from typing import Literal
from urllib.parse import urlsplit

LINK_LIFETIME = timedelta(minutes=15)
SESSION_LIFETIME = timedelta(days=30)
SESSION_IDLE = timedelta(days=7)
# Asked so often, an address gets no more mail for a while; who asks is told the same as ever.
LINKS_AN_ADDRESS = 3
LINKS_AN_ADDRESS_A_DAY = 10
# Asked so often from one place, we say so: that tells nothing of any address.
LINKS_A_CLIENT_AN_HOUR = 30
# Whoever has one line at home has this much of IPv6.
_IPV6_HOME = 64

Verdict = Literal["send", "say nothing", "refuse"]
Standing = Literal["good", "another browser", "used", "expired"]


@dataclass(frozen=True, slots=True)
class Asked:
    """How many links were sent before: to the address within the life of a link and within a day, and within the hour
    for whoever asks."""

    address: int
    address_day: int
    client_hour: int


@dataclass(frozen=True, slots=True)
class Link:
    """A link as kept, without what opens it. `ours`: this browser is the one that asked for it."""

    address: str
    ours: bool
    used: bool
    expires_at: datetime


def verdict(asked: Asked) -> Verdict:
    if asked.client_hour >= LINKS_A_CLIENT_AN_HOUR:
        return "refuse"
    too_many = asked.address >= LINKS_AN_ADDRESS or asked.address_day >= LINKS_AN_ADDRESS_A_DAY
    return "say nothing" if too_many else "send"


def standing(link: Link | None, now: datetime) -> Standing:
    """What a link is good for here. One that is unknown, or long gone, is told as an expired one."""
    if link is None or (link.expires_at <= now and not link.used):
        return "expired"
    if link.used:
        return "used"
    return "good" if link.ours else "another browser"


def identity(address: str) -> str:
    """By which an address is the same, however it is written."""
    return address.strip().lower()


def whereabouts(client: str) -> str:
    """What counts as one place to ask from: an IPv4 address, or a home's IPv6 network.

    >>> whereabouts("203.0.113.7"), whereabouts("2001:db8:1:2:3::7"), whereabouts("2001:db8:1:2::9")
    ('203.0.113.7', '2001:db8:1:2::', '2001:db8:1:2::')
    """
    try:
        address = ip_address(client)
    except ValueError:
        return client
    if isinstance(address, IPv6Address):
        kept = int(address) >> (128 - _IPV6_HOME) << (128 - _IPV6_HOME)
        return str(address.ipv4_mapped or IPv6Address(kept))
    return str(address)


def trustworthy(public_url: str) -> bool:
    """Whether browsers take `Secure` cookies from there: over TLS, and from this very machine."""
    parts = urlsplit(public_url)
    host = parts.hostname or ""
    return parts.scheme == "https" or host in ("localhost", "127.0.0.1", "::1") or host.endswith(".localhost")
