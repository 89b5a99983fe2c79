"""The transports under test; adding one here runs the whole suite over it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from shared.bus import Bus
from tests.bus.brokers import Broker

TRANSPORTS = ("postgres", "amqp", "redis", "clusters", "haproxy")
URL_FIXTURES = {"postgres": "database_url", "amqp": "amqp_url", "redis": "redis_bus_url"} | {
    "clusters": "clusters_url",
    "haproxy": "haproxy_url",
}


@pytest.fixture(params=TRANSPORTS)
def broker_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue(URL_FIXTURES[request.param])
    return url


@pytest.fixture
async def broker(broker_url: str) -> AsyncIterator[Broker]:
    async with AsyncExitStack() as parts:
        yield Broker(broker_url, parts)


@pytest.fixture
async def bus(broker: Broker) -> Bus:
    return await broker.connect()
