"""A Redis of one's own in the Redis that all tests share; HAProxy before two clusters; what tests measured."""

import gc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from redis.asyncio import Redis

from tests.servers import haproxy
from tests.servers.haproxy import HAProxy
from tests.servers.rabbitmq import RabbitMQ
from tests.servers.rabbitmq_node import Node

HERE = Path(__file__).parent
FIGURES = pytest.StashKey[list[str]]()

Figure = Callable[[str], None]


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Figure:
    """Notes what a test measured, to be read after the tests, not judged by them."""
    noted = request.config.stash.setdefault(FIGURES, [])
    return lambda said: noted.append(f"{request.node.name}: {said}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for said in config.stash.get(FIGURES, []):
        terminalreporter.write_line(said)


@pytest.fixture
async def redis_bus_url(redis_url: str, redis_prefix: str) -> AsyncIterator[str]:
    """A fresh prefix, whose keys go afterwards."""
    yield f"{redis_url}{'&' if '?' in redis_url else '?'}prefix={redis_prefix}"
    async with Redis.from_url(redis_url) as client:
        if keys := [key async for key in client.scan_iter(f"{redis_prefix}*", count=1000)]:
            await client.delete(*keys)


@pytest.fixture(scope="session")
async def balancer(node: Node, rabbitmq_server: RabbitMQ) -> AsyncIterator[HAProxy]:
    """HAProxy in front of both."""
    async with AsyncExitStack() as parts:
        yield await haproxy.start(node.server.amqp, rabbitmq_server.amqp, parts)


@pytest.fixture
def haproxy_url(clusters_url: str, balancer: HAProxy) -> str:
    """Published to through HAProxy, consumed directly."""
    return f"{balancer.url(clusters_url.partition(',')[0])}?publish=only,{clusters_url}"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """aiormq drops the writer, or the closing, of a line that is cut while it opens; the collector ends both."""
    for item in items:
        if item.path.is_relative_to(HERE):
            for dropped in ("coroutine object Connection.close", "function StreamWriter.__del__"):
                item.add_marker(
                    pytest.mark.filterwarnings(f"ignore:.*{dropped}:pytest.PytestUnraisableExceptionWarning")
                )


@pytest.fixture(autouse=True)
def dropped_lines_end_here(request: pytest.FixtureRequest) -> Iterator[None]:
    """What is dropped is collected in the test that cut the line, not in one that knows nothing of it."""
    yield
    if {"amqp_url", "clusters_url"} & set(request.fixturenames):
        gc.collect()
