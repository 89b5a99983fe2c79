"""Who asks, when proxies stand between us: the last in the row that is not one of ours."""

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from aiohttp import web

Network = IPv4Network | IPv6Network

# Where proxies of one's own usually are: this machine, and networks that nobody outside can send from.
PRIVATE = "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,::1/128,fc00::/7"


def networks(text: str) -> tuple[Network, ...]:
    """Raises `ValueError`."""
    return tuple(ip_network(part.strip()) for part in text.split(",") if part.strip())


def client_of(request: web.Request, proxies: Sequence[Network]) -> str:
    """The address of whoever asks. Each proxy adds whom it had the request from to X-Forwarded-For: what stands before
    the first that is not ours, anyone can have written."""
    forwarded = ",".join(request.headers.getall("X-Forwarded-For", ()))
    return last_stranger(request.remote or "", forwarded, proxies)


def last_stranger(peer: str, forwarded: str, proxies: Sequence[Network]) -> str:
    """
    >>> ours = networks("10.0.0.0/8")
    >>> last_stranger("10.0.0.1", "6.6.6.6, 203.0.113.7, 10.0.0.2", ours)
    '203.0.113.7'
    >>> last_stranger("203.0.113.7", "6.6.6.6", ours), last_stranger("10.0.0.1", "nonsense", ours)
    ('203.0.113.7', '10.0.0.1')
    """
    known = peer
    for hop in [*reversed(forwarded.split(",")), ""]:
        if not _is_ours(known, proxies) or not _is_address(hop.strip()):
            return known
        known = hop.strip()
    return known


def _is_ours(address: str, proxies: Sequence[Network]) -> bool:
    return _is_address(address) and any(ip_address(address) in network for network in proxies)


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
