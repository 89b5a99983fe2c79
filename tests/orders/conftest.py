"""A running orders service on a fresh database, and a client for it."""

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from services.orders import store
from services.orders.app import wire
from services.orders.organisers import make_key
from services.orders.organising import NewEvent, NewTicketType
from services.orders.settings import OrdersSettings
from shared.api_keys import RIGHTS, Right
from shared.bus import Bus, connect
from shared.database import Pool, close_pool, open_pool, transaction
from shared.messages import Fact, message
from tests.describing import Description, described_at, watch
from tests.orders.builders import a_new_event

ORGANISER = "Lakeside Concerts"


@dataclass(frozen=True, slots=True)
class Orders:
    """The service as its clients and neighbours see it. What `client` is answered must be as described."""

    base: str
    client: aiohttp.ClientSession
    app: web.Application
    description: Description
    pool: "Pool[Any]"
    bus: Bus
    data: Path

    async def on_sale(self, event: NewEvent) -> None:
        async with transaction(self.pool) as held:
            organiser = await store.add_organiser(held, ORGANISER)
            await store.add_event(held, organiser, event)

    async def key(self, organiser: str = ORGANISER, *rights: Right) -> dict[str, str]:
        """The headers of one of the organiser's keys."""
        async with transaction(self.pool) as held:
            made = await make_key(held, organiser, rights or RIGHTS)
        return {"Authorization": f"Bearer {made.key}"}

    async def ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, **more: Any
    ) -> tuple[int, Any, Mapping[str, str]]:
        """Status, body and headers of the answer."""
        async with self.client.request(method, path, headers=headers, **more) as response:
            return response.status, json.loads(await response.read()), response.headers

    async def report(self, fact: Fact) -> None:
        """What tickets or mailer would publish."""
        (outcome,) = await self.bus.publish([message(fact, source="test")])
        assert outcome is None


@pytest.fixture
async def pool(migrated_url: str) -> AsyncIterator["Pool[Any]"]:
    opened = await open_pool(migrated_url, "orders")
    yield opened
    await close_pool(opened)


@pytest.fixture
async def orders(
    migrated_url: str, pool: "Pool[Any]", tmp_path: Path, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Orders]:
    base = f"http://127.0.0.1:{free_port}"
    monkeypatch.setenv("DATABASE_URL", migrated_url)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    monkeypatch.setenv("PUBLIC_URL", base)
    async with AsyncExitStack() as parts:
        app = await wire(OrdersSettings(), parts, port=free_port)
        bus = await connect(migrated_url, source="test")
        parts.push_async_callback(bus.close)
        description = await described_at(base)
        watched = aiohttp.ClientSession(base, trace_configs=[watch(description)])
        client = await parts.enter_async_context(watched)
        running = Orders(base, client, app, description, pool, bus, tmp_path)
        await running.on_sale(a_new_event("summer-night", *SUMMER_NIGHT))
        yield running


@pytest.fixture
def description(orders: Orders) -> Description:
    """What `/openapi.json` says."""
    return orders.description


SUMMER_NIGHT = (
    NewTicketType("general", "General", 4500, "EUR", 100, max_per_order=4),
    NewTicketType("abroad", "From abroad", 5000, "CHF", 10),
    NewTicketType("last-two", "Last two", 9900, "EUR", 2),
)
