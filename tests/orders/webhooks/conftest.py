"""An organiser with an event, endpoints to tell, and what delivers to them."""

import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import aiohttp
import pytest

from services.orders import store
from services.orders.store import webhook_deliveries, webhooks
from services.orders.store.webhooks import NewWebhook, Webhook
from services.orders.webhooks.dialling import open_session
from services.orders.webhooks.vault import Vault, new_secret, shown
from shared.database import Pool, connection, transaction
from shared.identifiers import uuid7
from shared.keyring import Keyring
from tests.orders.builders import a_new_event
from tests.orders.webhooks.endpoint import Endpoint, serving
from tests.servers.programs import free_port


@dataclass(frozen=True, slots=True)
class Organiser:
    """One organiser with one event, and what is owed to its webhooks."""

    pool: "Pool[Any]"
    vault: Vault
    id: UUID
    event: UUID
    secrets: dict[UUID, str] = field(default_factory=dict)

    async def webhook(self, url: str, *messages: str) -> Webhook:
        """Enabled, for these messages or all; its secret is kept in `secrets`."""
        identity, secret = uuid7(), new_secret()
        self.secrets[identity] = shown(secret)
        async with transaction(self.pool) as held:
            wanted = NewWebhook(url, messages or ("*",))
            return await webhooks.add(held, identity, self.id, wanted, self.vault.seal(secret, identity))

    async def owe(self, count: int = 1, kind: str = "order.placed") -> list[UUID]:
        """Messages to whoever listens."""
        messages = [uuid7() for _ in range(count)]
        async with connection(self.pool) as held:
            for message in messages:
                await webhook_deliveries.owe(held, message, kind, b'{"type":"t"}', event=self.event, order=None)
        return messages

    async def row(self, webhook: Webhook, message: UUID) -> dict[str, Any]:
        """How a delivery stands, with `waits`: the seconds until it is due."""
        found = await self.pool.fetchrow(
            "SELECT *, extract(epoch FROM due_at - clock_timestamp())::float AS waits FROM webhook_deliveries "
            "WHERE webhook_id = $1 AND message_id = $2",
            webhook.id,
            message,
        )
        assert found
        return dict(found)

    async def status(self, webhook: Webhook, message: UUID) -> str:
        return str((await self.row(webhook, message))["status"])

    async def endpoint_row(self, webhook: Webhook) -> dict[str, Any]:
        found = await self.pool.fetchrow("SELECT * FROM webhooks WHERE id = $1", webhook.id)
        assert found
        return dict(found)

    async def make_due(self) -> None:
        """As if every wait, and every lease, had passed."""
        await self.pool.execute("UPDATE webhook_deliveries SET due_at = clock_timestamp()")
        await self.pool.execute("UPDATE webhooks SET paused_until = NULL")


async def an_organiser(pool: "Pool[Any]", vault: Vault, name: str) -> Organiser:
    async with transaction(pool) as held:
        identity = await store.add_organiser(held, name)
        event = await store.add_event(held, identity, a_new_event(f"an-event-of-{name.lower()}"))
    return Organiser(pool, vault, identity, event)


@pytest.fixture
def vault() -> Vault:
    return Vault(Keyring((secrets.token_bytes(32),)))


@pytest.fixture
async def organiser(pool: "Pool[Any]", vault: Vault) -> Organiser:
    return await an_organiser(pool, vault, "Hillside")


@pytest.fixture
async def endpoint() -> AsyncIterator[Endpoint]:
    async with serving(free_port()) as running:
        yield running


@pytest.fixture
async def other_endpoint() -> AsyncIterator[Endpoint]:
    async with serving(free_port()) as running:
        yield running


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A session that may call this machine."""
    async with AsyncExitStack() as parts:
        yield await parts.enter_async_context(open_session(allow_private=True))
