"""A service's flags on a fresh database, and an operator who changes them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack

import asyncpg
import pytest

from shared.background import Background
from shared.flags import Flags, Whose, open_flags, store
from shared.flags.rules import Setting
from shared.settings import Settings

Set = Callable[[str, Setting | None], Awaitable[None]]
Open = Callable[..., Awaitable[Flags]]


@pytest.fixture
async def set_flag(migrated_url: str) -> AsyncIterator[Set]:
    """Sets a flag as `boxoffice flags set` does."""
    connection = await asyncpg.connect(migrated_url)

    async def change(name: str, setting: Setting | None) -> None:
        async with connection.transaction():
            await store.lock(connection, name)
            number = await store.save(connection, name, setting, "ada", "a test")
        await store.announce(connection, number)

    yield change
    await connection.close()


@pytest.fixture
async def open_them(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Open]:
    """Opens flags as a service does, and closes them after the test."""
    async with AsyncExitStack() as parts:

        async def open_at(url: str, whose: Whose | None = None, **more: str) -> Flags:
            for name, value in {"DATABASE_URL": url, **more}.items():
                monkeypatch.setenv(name, value)
            background = Background()
            parts.push_async_callback(background.close)
            return await open_flags(Settings(), "test", parts, background, whose)

        yield open_at
