"""How endpoints are called: over connections that reach public addresses only, and nowhere by a detour.

The check stands where a socket is made for one address, the last moment before it is dialled: a name
that resolves to something else the second time, an address written out, and each of a name's several
addresses all come by there.
"""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from services.orders.webhooks.addresses import is_public

# Looking up a name may take a thread for as long as a name server likes: one for each call under way, not Python's few.
LOOKUPS = 64
DNS_CACHE_SECONDS = 30
KEPT_SECONDS = 30.0
USER_AGENT = "Boxoffice-Webhooks/1"


class NotPublic(OSError):
    """The address is not one that webhooks are delivered to."""


def open_session(*, allow_private: bool) -> aiohttp.ClientSession:
    """A session that follows no proxy of the environment and keeps no cookies. Call from inside the running loop."""
    connector = aiohttp.TCPConnector(
        limit=0,
        resolver=Names(),
        ttl_dns_cache=DNS_CACHE_SECONDS,
        keepalive_timeout=KEPT_SECONDS,
        socket_factory=None if allow_private else _public_socket,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
        headers={"User-Agent": USER_AGENT, "Accept": "*/*", "Accept-Encoding": "identity"},
        auto_decompress=False,
        trust_env=False,
    )


def _public_socket(info: tuple[Any, Any, int, str, Any]) -> socket.socket:
    family, kind, protocol, _, address = info
    if not is_public(address[0]):
        raise NotPublic("not a public address")
    return socket.socket(family=family, type=kind, proto=protocol)


class Names(AbstractResolver):
    """The system's resolver, in threads of its own: a name server that hangs holds up nobody else's names."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(LOOKUPS, thread_name_prefix="names")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(
            self._threads, lambda: socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        )
        return [_result(host, port, *one) for one in found]

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)


def _result(host: str, port: int, family: int, _: int, protocol: int, __: str, address: Any) -> ResolveResult:
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address[0], port=port, family=family, proto=protocol, flags=flags)
