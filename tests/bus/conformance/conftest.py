"""The transports under test; adding one here runs the whole suite over it."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from shared.bus import Bus
from tests.bus.brokers import Broker
from tests.bus.mortal import Mortal, MortalCluster, MortalRedis, own_postgres
from tests.bus.own_redis import own_redis
from tests.servers.rabbitmq_node import Node

URL_FIXTURES = {
    "postgres": "database_url",
    "amqp": "amqp_url",
    "redis": "redis_bus_url",
    "clusters": "clusters_url",
    "haproxy": "haproxy_url",
}


@pytest.fixture(params=URL_FIXTURES)
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


@pytest.fixture(params=URL_FIXTURES)
def mortal(request: pytest.FixtureRequest) -> Mortal:
    """A broker that a test may kill and freeze, and leaves running."""
    made: Mortal = request.getfixturevalue(f"mortal_{request.param}")
    return made


@pytest.fixture
async def mortal_broker(mortal: Mortal) -> AsyncIterator[Broker]:
    """To connect to `mortal`."""
    async with AsyncExitStack() as parts:
        yield Broker(mortal.url, parts)


@pytest.fixture
async def mortal_postgres() -> AsyncIterator[Mortal]:
    async with AsyncExitStack() as parts:
        yield await own_postgres(parts)


@pytest.fixture
async def mortal_redis() -> AsyncIterator[Mortal]:
    async with AsyncExitStack() as parts:
        yield MortalRedis(await own_redis(parts, "--appendonly", "yes", "--appendfsync", "always"))


@pytest.fixture
def mortal_amqp(node: Node, clusters_url: str) -> Mortal:
    first = clusters_url.partition(",")[0]
    return MortalCluster(first, node, first)


@pytest.fixture
def mortal_clusters(node: Node, clusters_url: str) -> Mortal:
    return MortalCluster(clusters_url, node, clusters_url.partition(",")[0])


@pytest.fixture
def mortal_haproxy(node: Node, clusters_url: str, haproxy_url: str) -> Mortal:
    return MortalCluster(haproxy_url, node, clusters_url.partition(",")[0])
