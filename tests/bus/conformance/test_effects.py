"""With the inbox, what is delivered twice has one effect."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from shared.bus import Bus, Delivery, Done, Later, Verdict
from shared.database import Pool, close_pool, open_pool, transaction
from shared.inbox import first_time
from tests.bus.messages import Recorder, a_message, a_subscription, published


@pytest.fixture
async def pool(migrated_url: str) -> AsyncIterator["Pool[Any]"]:
    made = await open_pool(migrated_url, "tickets")
    await made.execute("CREATE TABLE effects (message_id text)")
    yield made
    await close_pool(made)


async def test_a_message_delivered_many_times_has_one_effect(bus: Bus, pool: "Pool[Any]") -> None:
    recorder, repeated, other = Recorder(), a_message(), a_message()

    async def handle(delivery: Delivery) -> Verdict:
        async with transaction(pool) as connection:
            if await first_time(connection, delivery.queue, delivery.message.id):
                await connection.execute("INSERT INTO effects VALUES ($1)", delivery.message.id)
        await recorder(delivery)
        return Later("committed, and then something failed") if delivery.attempt == 1 else Done()

    await bus.subscribe(a_subscription(), handle)
    await published(bus, *[repeated] * 5, other, *[repeated] * 5)
    await recorder.until(22)
    rows = await pool.fetch("SELECT message_id FROM effects")
    assert sorted(row["message_id"] for row in rows) == sorted([repeated.id, other.id])
