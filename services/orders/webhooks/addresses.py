"""Which addresses a webhook may be delivered to: those of the public Internet, and nothing that lies behind us.

Judged twice: the URL when an organiser gives it, and the very address that is about to be dialled each
time, whatever a name has resolved to. Written out here because what `ipaddress` calls global differs
between patch releases of Python.
"""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from yarl import URL

MAX_URL = 2000

# IANA's registries of special-purpose addresses: what is not reachable globally, and what is not unicast.
_SPECIAL_V4 = tuple(
    IPv4Network(network)
    for network in (
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
# All of IPv6 that is given out; the rest is loopback, mapped IPv4, unique local, link-local, multicast.
_UNICAST_V6 = IPv6Network("2000::/3")
# Teredo, benchmarking, ORCHID, documentation, and 6to4, which leads to whatever IPv4 address stands in it.
_SPECIAL_V6 = tuple(
    IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "3ffe::/16")
)
# RFC 6052: an IPv6-only network reaches IPv4 through it, by the address in the last 32 bits.
_NAT64 = IPv6Network("64:ff9b::/96")
# WHATWG's rule: a host whose last part is a number is an IPv4 address, in whatever notation.
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*", re.IGNORECASE)


def is_public(address: str) -> bool:
    """Whether this address, in text as from a resolver, is one of the public Internet."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return False
    return _public_v4(parsed) if isinstance(parsed, IPv4Address) else _public_v6(parsed)


def why_not(url: str, *, allow_private: bool = False) -> str | None:
    """What is wrong with an organiser's URL, in a person's words; None when it may be tried.

    >>> why_not("https://10.0.0.1/hook")
    'This address is not a public one: deliveries go over the public Internet only.'
    """
    try:
        parsed = URL(url)
        host, _ = parsed.host, parsed.port
    except ValueError:
        return "This is no URL. Give one like https://example.org/hook."
    if parsed.scheme not in ("https", "http") or not host:
        return "Give an address that begins with https://, like https://example.org/hook."
    if parsed.user is not None or parsed.password is not None:
        return "Leave name and password out of the URL: the signature tells that we call."
    if parsed.raw_fragment:
        return "Leave out what follows the #: it is never sent."
    if allow_private:
        return None
    if parsed.scheme != "https":
        return "Use https://: what we send names your buyers."
    return None if _may_be_public(host) else _NOT_PUBLIC


_NOT_PUBLIC = "This address is not a public one: deliveries go over the public Internet only."


def _may_be_public(host: str) -> bool:
    """Names are judged when they are resolved; those that can't mean anything else are told at once."""
    name = host.lower().rstrip(".")
    last = name.rpartition(".")[2]
    if ":" in name or _NUMBER.fullmatch(last):
        return is_public(name)
    return "." in name and last not in ("localhost", "local", "internal", "arpa", "test", "invalid")


def _public_v4(address: IPv4Address) -> bool:
    return not any(address in network for network in _SPECIAL_V4)


def _public_v6(address: IPv6Address) -> bool:
    if address in _NAT64:
        return _public_v4(IPv4Address(int(address) & 0xFFFFFFFF))
    return address in _UNICAST_V6 and not any(address in network for network in _SPECIAL_V6)
