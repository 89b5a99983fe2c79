"""Installations to buy from: one for each transport, started once, and clients for them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

from shared.database import close_pool, open_pool
from tests.end_to_end.inbox import Inbox
from tests.end_to_end.installation import Installation
from tests.end_to_end.losing import Parts, parts_of
from tests.mailer.mail_server import MailServer, serving
from tests.servers.line import Line
from tests.servers.postgres import Databases
from tests.servers.programs import free_port
from tests.servers.rabbitmq import RabbitMQ

TRANSPORTS = ("postgres", "rabbitmq")
# What a person would wait for an answer before trying again, seconds.
ANSWER_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Shop:
    """A running installation, clients for it, and the line to its broker."""

    installation: Installation
    broker: Line
    http: aiohttp.ClientSession
    inbox: Inbox


@pytest.fixture(scope="session", params=TRANSPORTS)
def shop(request: pytest.FixtureRequest) -> Shop:
    """The same installation over each transport; tests leave it running and in order."""
    running: Shop = request.getfixturevalue(f"shop_over_{request.param}")
    return running


@pytest.fixture(scope="session")
async def shop_over_postgres(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shop]:
    """Messages travel through a database apart from the orders' own."""
    url = await databases.create()
    async with _shop(url, tmp_path_factory.mktemp("postgres") / "data") as running:
        yield running
    await databases.drop(url)


@pytest.fixture(scope="session")
async def shop_over_rabbitmq(
    rabbitmq_server: RabbitMQ, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Shop]:
    """Messages travel through RabbitMQ."""
    url = await rabbitmq_server.create_vhost()
    async with _shop(url, tmp_path_factory.mktemp("rabbitmq") / "data") as running:
        yield running
    await rabbitmq_server.drop_vhost(url)


@pytest.fixture
async def installation(tmp_path: Path) -> AsyncIterator[Installation]:
    """One of the test's own, not yet started, with every setting unset."""
    fresh = Installation(tmp_path / "data")
    yield fresh
    await fresh.end()


@pytest.fixture
def broker_url(migrated_url: str) -> str:
    """Of `parts`; a test may have another."""
    return migrated_url


@pytest.fixture
async def parts(
    migrated_url: str, broker_url: str, tmp_path: Path, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Parts]:
    """The three services in this process, none of them started yet."""
    async with serving(MailServer()) as mails:
        for name, value in {
            "DATABASE_URL": migrated_url,
            "BROKER_URL": broker_url,
            "DATA_DIR": str(tmp_path),
            "PUBLIC_URL": f"http://127.0.0.1:{free_port}",
            "SMTP_URL": f"smtp://127.0.0.1:{mails.port}?starttls=never",
            "MAIL_FROM": "tickets@test.example",
            "RENDER_PROCESSES": "1",
        }.items():
            monkeypatch.setenv(name, value)
        pool = await open_pool(migrated_url, "orders")
        async with parts_of(pool, mails, free_port) as made:
            yield made
        await close_pool(pool)


@asynccontextmanager
async def clients(installation: Installation) -> AsyncIterator[tuple[aiohttp.ClientSession, Inbox]]:
    """A client of the orders service, and a reader of the inbox."""
    timeout = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
    async with aiohttp.ClientSession(installation.orders, timeout=timeout) as http:
        yield http, Inbox(http, installation.inbox)


@asynccontextmanager
async def _shop(broker: str, data: Path) -> AsyncIterator[Shop]:
    async with Line(broker, free_port()) as line:
        installation = Installation(data, {"BROKER_URL": line.url})
        try:
            await installation.start()
            async with clients(installation) as (http, inbox):
                yield Shop(installation, line, http, inbox)
        finally:
            await installation.end()
