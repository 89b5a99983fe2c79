"""Schemas and what is on sale at first, with the database's refusals in a person's words."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import asyncpg

from boxoffice import demo
from boxoffice.failures import CannotStart
from shared.migrations import MigrationError, migrate


async def bring_up_to_date(database_url: str) -> list[str]:
    """The names of the migrations that were applied. Raises `CannotStart`."""
    try:
        async with _reachable():
            return await migrate(database_url)
    except MigrationError as error:
        raise CannotStart(str(error)) from None


async def put_demo_on_sale(database_url: str) -> bool:
    """Whether nothing was on sale before. Raises `CannotStart`."""
    async with orders_tables(database_url) as connection:
        return await demo.seed(connection, datetime.now(UTC))


@asynccontextmanager
async def orders_tables(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    """A transaction on what the orders service keeps. Raises `CannotStart`."""
    async with session(database_url, "orders") as connection, connection.transaction():
        yield connection


@asynccontextmanager
async def session(database_url: str, schema: str) -> AsyncIterator[asyncpg.Connection]:
    """A connection that sees this schema. Raises `CannotStart`."""
    async with _reachable():
        connection = await asyncpg.connect(database_url, timeout=10, server_settings={"search_path": schema})
        try:
            yield connection
        finally:
            await connection.close()


@asynccontextmanager
async def _reachable() -> AsyncIterator[None]:
    try:
        yield
    except asyncpg.UndefinedTableError:
        raise CannotStart("the database has no schema of ours, or an old one: run `boxoffice migrate`") from None
    except (OSError, TimeoutError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        reason = str(error) or "it does not answer"
        raise CannotStart(f"DATABASE_URL: the database can't be used: {reason}") from error
