"""Browsers at the running service, and the mail that would be sent."""

import asyncio
from collections.abc import AsyncIterator, Callable

import aiohttp
import pytest

from shared.bus import Delivery, Done, Subscription, Verdict
from shared.bus.typed import handling
from shared.messages import SignInRequested
from shared.queues import queue_of
from tests.orders.accounts.visitor import Visitor
from tests.orders.conftest import Orders

PATIENCE_SECONDS = 30.0


class Mails:
    """What the mailer is told to send."""

    def __init__(self) -> None:
        self._asked: asyncio.Queue[SignInRequested] = asyncio.Queue()

    async def take(self, asked: SignInRequested, _: Delivery) -> Verdict:
        self._asked.put_nowait(asked)
        return Done()

    async def next(self) -> SignInRequested:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await self._asked.get()


@pytest.fixture
async def mails(orders: Orders) -> Mails:
    mails, key = Mails(), SignInRequested.key
    subscription = Subscription(queue_of("mailer", SignInRequested), (key,), concurrency=1)
    await orders.bus.subscribe(subscription, handling(SignInRequested, mails.take))
    return mails


@pytest.fixture
async def a_browser(orders: Orders) -> AsyncIterator[Callable[[], Visitor]]:
    """Each with cookies of its own."""
    client = aiohttp.ClientSession(orders.base, cookie_jar=aiohttp.DummyCookieJar())
    yield lambda: Visitor(client)
    await client.close()
