"""A Varnish with the project's rules for each test that asks, and a client for it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import aiohttp
import pytest

from tests.servers.varnish import Varnish, start_varnish

StartVarnish = Callable[..., Awaitable[Varnish]]
Client = Callable[[str], aiohttp.ClientSession]


@pytest.fixture
async def varnish_before() -> AsyncIterator[StartVarnish]:
    """`await varnish_before(port, time_scale=…)`: a Varnish before that port."""
    async with AsyncExitStack() as parts:

        async def start(port: int, time_scale: float = 1.0) -> Varnish:
            return await start_varnish(port, parts, time_scale)

        yield start


@pytest.fixture
async def client() -> AsyncIterator[Client]:
    """`client(url)`: a session at that address that keeps no cookies."""
    async with AsyncExitStack() as parts:
        sessions: list[aiohttp.ClientSession] = []

        def open_session(base: str) -> aiohttp.ClientSession:
            jar = aiohttp.DummyCookieJar()
            sessions.append(aiohttp.ClientSession(base, cookie_jar=jar, connector=aiohttp.TCPConnector(limit=0)))
            return sessions[-1]

        yield open_session
        for session in sessions:
            await parts.enter_async_context(session)
