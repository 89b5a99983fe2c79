"""What stands still outside the queues is told by `boxoffice queues`, in words and to programs."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.orders import store
from services.orders.committing import commit_batch
from shared import outbox
from shared.database import Pool, close_pool, open_pool, transaction
from shared.queues import QUEUES
from tests.boxoffice import running
from tests.bus.messages import a_message
from tests.orders.builders import a_new_event, an_order

NEVER = "Unsendable: 1048577 bytes, at most 1048576"


@pytest.fixture
async def pool(migrated_url: str) -> AsyncIterator["Pool[Any]"]:
    opened = await open_pool(migrated_url, "orders")
    yield opened
    await close_pool(opened)


@pytest.fixture
async def standing_still(pool: "Pool[Any]") -> None:
    """Two refused messages, one of them for good, and an order that waits for its tickets since yesterday."""
    async with transaction(pool) as held:
        organiser = await store.add_organiser(held, "Lakeside Concerts")
        event = await store.event(held, str(await store.add_event(held, organiser, a_new_event())))
        assert event
    order = an_order(event)
    await commit_batch(pool, [order])
    await pool.execute("DELETE FROM outbox")
    async with transaction(pool) as held:
        await outbox.add(held, [a_message("order.placed.v1"), a_message("event.changed.v1")])
    await pool.execute("UPDATE outbox SET failures = 1, available_at = now() + interval '1 hour', reason = 'no queue'")
    await pool.execute("UPDATE outbox SET unsendable = true, reason = $1 WHERE key = 'event.changed.v1'", NEVER)
    await pool.execute(
        "INSERT INTO unfulfilled_orders (order_id, since) VALUES ($1, now() - interval '25 hours')", order.id
    )


@pytest.mark.usefixtures("standing_still")
async def test_a_program_reads_outboxes_and_unfulfilled_orders_beside_the_queues(migrated_url: str) -> None:
    told = await running.boxoffice("queues", "--json", DATABASE_URL=migrated_url)
    assert (told.code, told.err) == (0, "")
    by_kind = {kind: [one for one in told.json if one["kind"] == kind] for kind in ("queue", "outbox", "orders")}
    assert [one["queue"] for one in by_kind["queue"]] == list(QUEUES)
    orders, tickets, mailer = by_kind["outbox"]
    counts = [orders[name] for name in ("ready", "in_flight", "waiting", "dead")]
    assert counts == [0, 0, 1, 1]
    assert sorted((one["key"], one["reason"], one["unsendable"]) for one in orders["reasons"]) == [
        ("event.changed.v1", NEVER, True),
        ("order.placed.v1", "no queue", False),
    ]
    assert (tickets["oldest_seconds"], mailer["reasons"]) == (None, [])
    waiting = {one["queue"]: (one["waiting"], one["ages"]) for one in by_kind["orders"]}
    assert waiting["orders.waiting-for-tickets"] == (1, {"2m": 0, "10m": 0, "1h": 0, "1d": 1})
    assert waiting["orders.waiting-for-mail"][0] == 0
    shared = {"kind", "queue", "ready", "in_flight", "waiting", "dead", "oldest_seconds"}
    assert all(shared <= one.keys() for one in told.json)


@pytest.mark.usefixtures("standing_still")
async def test_a_person_reads_what_stands_still_and_why(migrated_url: str) -> None:
    told = await running.boxoffice("queues", DATABASE_URL=migrated_url)
    assert "orders: 2 messages could not be published" in told.out
    assert f"1 × event.changed.v1, and never can be as it is: {NEVER}" in told.out
    assert "1 × order.placed.v1: no queue" in told.out
    assert "1 order waits for its tickets: 1 over 1 d" in told.out
    assert not any(line.startswith("tickets: ") for line in told.out.splitlines())


async def test_where_nothing_stands_still_only_the_queues_are_shown(migrated_url: str) -> None:
    told = await running.boxoffice("queues", DATABASE_URL=migrated_url)
    assert told.out.strip().splitlines()[-1].strip().startswith(list(QUEUES)[-1])


@pytest.mark.usefixtures("standing_still")
async def test_a_queue_that_was_asked_for_is_shown_alone(migrated_url: str) -> None:
    told = await running.boxoffice("queues", "--json", "--queue", "tickets.order-placed", DATABASE_URL=migrated_url)
    assert [one["queue"] for one in told.json] == ["tickets.order-placed"]
