"""Ways to a Postgres, and fresh databases inside it. A server is the URL of a role that may create databases."""

import os
import secrets
from contextlib import AsyncExitStack
from dataclasses import dataclass
from urllib.parse import urlsplit

import asyncpg

from tests.servers.choosing import NoServer, NotHere, Way
from tests.servers.containers import start_container
from tests.servers.programs import temporary_folder
from tests.servers.waiting import eventually

VARIABLE = "TEST_DATABASE_URL"
IMAGE = "postgres:18"
START_SECONDS = 60.0
NOT_YET = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError)


async def from_environment(parts: AsyncExitStack) -> str:
    """The server of `TEST_DATABASE_URL`."""
    url = os.environ.get(VARIABLE)
    if not url:
        raise NotHere(f"{VARIABLE} is not set")
    try:
        await answers(url)
    except NOT_YET as error:
        raise NoServer(f"{VARIABLE} is set, but the server does not let us in: {error}") from error
    return url


async def from_container(parts: AsyncExitStack) -> str:
    """The official image."""
    password = secrets.token_hex(16)
    (port,) = await start_container(IMAGE, (5432,), {"POSTGRES_PASSWORD": password}, [], parts)
    return await _hurried(f"postgresql://postgres:{password}@127.0.0.1:{port}/postgres")


async def from_program(parts: AsyncExitStack) -> str:
    """The embedded server that `boxoffice up` runs; it comes with the requirements."""
    from boxoffice.embedded_postgres import EmbeddedPostgres

    server = EmbeddedPostgres(temporary_folder(parts) / "postgres")
    url = await server.start()
    parts.push_async_callback(server.stop)
    return await _hurried(url)


WAYS = (
    Way("environment", from_environment),
    Way(f"container {IMAGE}", from_container),
    Way("embedded", from_program),
)


async def _hurried(url: str) -> str:
    """Spare the server its waits for the disk: nothing in it outlives the tests."""
    await eventually(lambda: answers(url), START_SECONDS, NOT_YET)
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("ALTER SYSTEM SET fsync = off")
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()
    return url


async def answers(url: str) -> bool:
    connection = await asyncpg.connect(url, timeout=5)
    await connection.close()
    return True


@dataclass(frozen=True, slots=True)
class Databases:
    """Fresh databases on one server."""

    server: str

    async def create(self, template: str = "template0") -> str:
        """The URL of a new database, a copy of `template` (a name or a URL), which nobody may be connected to."""
        name = f"boxoffice_test_{secrets.token_hex(6)}"
        await self._execute(f'CREATE DATABASE {name} TEMPLATE "{urlsplit(template).path.lstrip("/")}"')
        return urlsplit(self.server)._replace(path=f"/{name}").geturl()

    async def drop(self, url: str) -> None:
        """Remove it, whoever is still connected."""
        await self._execute(f'DROP DATABASE IF EXISTS "{urlsplit(url).path.lstrip("/")}" WITH (FORCE)')

    async def _execute(self, sql: str) -> None:
        connection = await asyncpg.connect(self.server)
        try:
            await connection.execute(sql)
        finally:
            await connection.close()
