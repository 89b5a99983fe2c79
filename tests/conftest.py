"""What every test may ask for: fresh databases, virtual hosts and ports, and an environment without settings."""

import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from playwright.async_api import Browser

from shared.bus import Message, connect
from shared.identifiers import uuid7
from shared.migrations import migrate
from tests.scrubbing import is_setting
from tests.servers import browser as chromium
from tests.servers import postgres, rabbitmq, redis
from tests.servers.choosing import Way, first_of
from tests.servers.postgres import Databases
from tests.servers.programs import free_port as a_free_port
from tests.servers.rabbitmq import RabbitMQ
from tests.servers.rabbitmq_node import Node, start_node
from tests.servers.waiting import eventually

# How fast examples are made and judged says something of the machine, not of what is tested.
settings.register_profile("boxoffice", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("boxoffice")

# A node that was killed brings its queues back one by one.
KEEPS_SECONDS = 60.0
FOUND = pytest.StashKey[list[str]]()

Find = Callable[[str, Sequence[Way[Any]]], Awaitable[Any]]


@pytest.fixture(autouse=True)
def scrubbed_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the settings of whoever runs it."""
    for name in list(os.environ):
        if is_setting(name):
            monkeypatch.delenv(name)


@pytest.fixture
async def database_url(databases: Databases) -> AsyncIterator[str]:
    """A fresh, empty database, gone afterwards whoever is still connected."""
    url = await databases.create()
    yield url
    await databases.drop(url)


@pytest.fixture
async def migrated_url(databases: Databases, migrated_template: str) -> AsyncIterator[str]:
    """A fresh database with every service's schema."""
    url = await databases.create(template=migrated_template)
    yield url
    await databases.drop(url)


@pytest.fixture
async def amqp_url(rabbitmq_server: RabbitMQ) -> AsyncIterator[str]:
    """A fresh virtual host, gone afterwards with its queues and connections."""
    url = await rabbitmq_server.create_vhost()
    yield url
    await rabbitmq_server.drop_vhost(url)


@pytest.fixture
async def clusters_url(node: Node, rabbitmq_server: RabbitMQ) -> AsyncIterator[str]:
    """Two clusters, that of `node` first, with a fresh virtual host of the same name in each."""
    first = await node.server.create_vhost()
    if not await keeps_messages(first):
        await node.kill()
        await node.start()
        await eventually(partial(keeps_messages, first), KEEPS_SECONDS)
    second = await rabbitmq_server.create_vhost(first.rpartition("/")[2])
    yield f"{first},{second}"
    await node.server.drop_vhost(first)
    await rabbitmq_server.drop_vhost(second)


async def keeps_messages(amqp_url: str) -> bool:
    """Whether quorum queues work there.

    RabbitMQ 3.10 loses the supervisor of its dead letter workers, and with it every new queue, when a virtual host
    is deleted while its queues come back from a kill: a test that kills a node may end just then.
    """
    # A name of its own: a queue that was made less than a second before a kill stays broken.
    name = f"conftest.sound-{secrets.token_hex(4)}"
    bus = await connect(amqp_url, source="conftest")
    try:
        await bus.declare(name, [name])
        return await bus.publish([Message(str(uuid7()), name, "", b"{}")]) == [None]
    finally:
        await bus.close(timedelta(0))


@pytest.fixture
def redis_prefix() -> str:
    """What a test's keys in the common Redis begin with."""
    return f"boxoffice-test-{secrets.token_hex(6)}:"


@pytest.fixture
def free_port() -> int:
    """A TCP port on 127.0.0.1 that nothing listens on now."""
    return a_free_port()


@pytest.fixture(scope="session")
async def databases(find: Find) -> Databases:
    """The Postgres of these tests: as many fresh databases as a test likes."""
    return Databases(await find("Postgres", postgres.WAYS))


@pytest.fixture(scope="session")
async def migrated_template(databases: Databases) -> AsyncIterator[str]:
    """A database to copy, migrated once; nobody may stay connected to it."""
    url = await databases.create()
    await migrate(url)
    yield url
    await databases.drop(url)


@pytest.fixture(scope="session")
async def rabbitmq_server(find: Find) -> RabbitMQ:
    """The RabbitMQ of these tests, with its management API."""
    server: RabbitMQ = await find("RabbitMQ", rabbitmq.WAYS)
    return server


@pytest.fixture(scope="session")
async def node(rabbitmq_server: RabbitMQ) -> AsyncIterator[Node]:
    """A second cluster with the same login, which a test may kill, freeze and alarm, and leaves as it was."""
    async with AsyncExitStack() as parts:
        yield await start_node(rabbitmq_server.amqp, parts)


@pytest.fixture(scope="session")
async def redis_url(find: Find) -> str:
    """The Redis of these tests, common to all: keep to keys under `redis_prefix`."""
    url: str = await find("Redis", redis.WAYS)
    return url


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A Chromium; every test takes its own context or page."""
    async with AsyncExitStack() as parts:
        yield await chromium.start(parts)


@pytest.fixture(scope="session")
async def find(pytestconfig: pytest.Config) -> AsyncIterator[Find]:
    """Starts a server by the first way that can be had, for the whole session, and notes which way it was."""
    async with AsyncExitStack() as parts:

        async def find(kind: str, ways: Sequence[Way[Any]]) -> Any:
            found = await first_of(kind, ways, parts)
            pytestconfig.stash.setdefault(FOUND, []).append(str(found))
            return found.server

        yield find


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Which servers the tests ran against, and why not others."""
    for found in config.stash.get(FOUND, []):
        terminalreporter.write_line(found)
