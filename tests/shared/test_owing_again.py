"""Why a message was refused stands with it; what is repeated does not pile up behind it."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared import outbox
from shared.bus import connect
from shared.bus.protocol import MAX_MESSAGE_BYTES
from shared.database import Pool, close_pool, open_pool, transaction
from shared.messages import EmailSent, EventChanged, message
from shared.outbox import Relay
from tests.bus.messages import a_message
from tests.orders.webhooks.facts import event_changed
from tests.servers.waiting import eventually
from tests.shared.test_outbox import owed_by_an_older_version


@pytest.fixture
async def pool(migrated_url: str) -> AsyncIterator["Pool[Any]"]:
    opened = await open_pool(migrated_url, "orders")
    yield opened
    await close_pool(opened)


async def test_a_parked_row_keeps_why_it_was_refused_last(pool: "Pool[Any]", migrated_url: str) -> None:
    large = a_message("order.placed.v1", body=b"x" * (MAX_MESSAGE_BYTES + 1))
    unwanted = a_message("nobody.wants-it.v1")
    await owed_by_an_older_version(pool, large)
    async with transaction(pool) as held:
        await outbox.add(held, [unwanted])
    bus = await connect(migrated_url, source="test")
    relaying = asyncio.create_task(Relay(pool, bus).run())

    async def reasons() -> dict[str, str]:
        rows = await pool.fetch("SELECT message_id, reason FROM outbox WHERE reason IS NOT NULL")
        return {row["message_id"]: row["reason"] for row in rows} if len(rows) == 2 else {}

    found = await eventually(reasons)
    relaying.cancel()
    await asyncio.gather(relaying, return_exceptions=True)
    await bus.close()
    assert found[large.id].startswith("TooLarge: ")
    assert found[unwanted.id].startswith("Unroutable: ")


async def test_what_is_still_owed_is_not_owed_again(pool: "Pool[Any]") -> None:
    reports = [message(EmailSent(number=number, template="tickets", recipient="a@b.c"), "test") for number in "112"]
    async with transaction(pool) as held:
        first = await outbox.add_unless_owed(held, reports[:1])
        second = await outbox.add_unless_owed(held, reports[1:])
    assert (first, second) == (reports[:1], reports[2:])
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 2


def test_what_is_told_again_has_the_same_natural_key_and_other_news_another() -> None:
    sent = EmailSent(number="1", template="tickets", recipient="ada@example.org")
    again = EmailSent(number="1", template="tickets", recipient="ada@example.org", reason="250 OK")
    other = EmailSent(number="1", template="tickets", recipient="ada@example.org", revision=2)
    assert sent.natural_key == again.natural_key != other.natural_key
    assert "ada@example.org" not in sent.natural_key
    changed: EventChanged = event_changed("1")
    assert changed.natural_key.endswith(f":{changed.version}")
