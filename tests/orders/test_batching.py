"""Batches on a real database: what one order does to the others, and what a lost connection does to all."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import pytest
from msgspec.structs import replace

from services.orders import store
from services.orders.batching import KeyInUse, Limits, Overloaded, Placer
from services.orders.catalogue import Event
from services.orders.committing import Answer, KeyMismatch
from services.orders.organising import NewTicketType
from services.orders.placing import IdempotencyKey
from shared.background import Background
from shared.database import Pool, close_pool, open_pool, transaction
from tests.orders.builders import a_new_event, an_order


@pytest.fixture
async def event(pool: "Pool[Any]") -> Event:
    async with transaction(pool) as held:
        organiser = await store.add_organiser(held, "Lakeside Concerts")
        await store.add_event(held, organiser, a_new_event("night", NewTicketType("general", "General", 1, "EUR", 50)))
        found = await store.event(held, "night")
    assert found is not None
    return found


@asynccontextmanager
async def placing(pool: "Pool[Any]", max_waiting: int = 1000) -> AsyncIterator[Placer]:
    limits = Limits(waiting=max_waiting)
    placer, background = Placer(pool, on_commit=lambda: None, limits=limits), Background()
    background.start("placer", placer.run)
    try:
        yield placer
    finally:
        await background.close()


@asynccontextmanager
async def types_locked(pool: "Pool[Any]") -> AsyncIterator[None]:
    """Nobody can place while this lasts: the batch in hand waits for the row."""
    async with transaction(pool) as held:
        await held.execute("SELECT 1 FROM ticket_types FOR UPDATE")
        yield


async def waiting_for_a_lock(pool: "Pool[Any]") -> list[int]:
    """The server processes waiting for a row lock, once there is one."""
    async with asyncio.timeout(10):
        while True:
            rows = await pool.fetch(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if rows:
                return [row["pid"] for row in rows]


async def sold(pool: "Pool[Any]") -> tuple[int, int, int]:
    """Places taken by the stock's account, tickets and orders written."""
    row = await pool.fetchrow(
        "SELECT (SELECT sum(capacity - available) FROM ticket_types), (SELECT count(*) FROM tickets), "
        "(SELECT count(*) FROM orders)"
    )
    assert row is not None
    return row[0], row[1], row[2]


async def test_a_crowd_shares_a_commit_and_the_books_balance(pool: "Pool[Any]", event: Event) -> None:
    async with placing(pool) as placer:
        answers = await asyncio.gather(*(placer.place(an_order(event, quantity=2)) for _ in range(40)))
    assert sorted(answer.status for answer in answers) == [201] * 25 + [409] * 15
    assert await sold(pool) == (50, 50, 25)
    assert await pool.fetchval("SELECT count(DISTINCT xmin::text) FROM orders") < 25


async def test_first_come_is_first_served(pool: "Pool[Any]", event: Event) -> None:
    async with placing(pool) as placer:
        async with types_locked(pool):
            waiting = [asyncio.create_task(placer.place(an_order(event, quantity=10))) for _ in range(8)]
            await waiting_for_a_lock(pool)
        answers = await asyncio.gather(*waiting)
    assert [answer.status for answer in answers] == [201] * 5 + [409] * 3


async def test_an_order_the_database_refuses_fails_alone(pool: "Pool[Any]", event: Event) -> None:
    async with placing(pool) as placer:
        orders = [an_order(event), replace(an_order(event), buyer_name="\x00"), an_order(event)]
        good, bad, also_good = await asyncio.gather(*map(placer.place, orders), return_exceptions=True)
    assert isinstance(bad, Exception)
    assert isinstance(good, Answer)
    assert isinstance(also_good, Answer)
    assert await sold(pool) == (2, 2, 2)


async def test_a_number_that_is_taken_is_drawn_again(pool: "Pool[Any]", event: Event) -> None:
    first = an_order(event)
    async with placing(pool) as placer:
        await placer.place(first)
        answer = await placer.place(replace(an_order(event), number=first.number))
    assert answer.status == 201
    assert first.number.encode() not in answer.body
    assert await sold(pool) == (2, 2, 2)


async def test_an_order_stands_when_its_client_goes_away(pool: "Pool[Any]", event: Event) -> None:
    async with placing(pool) as placer:
        async with types_locked(pool):
            impatient = asyncio.create_task(placer.place(an_order(event)))
            await waiting_for_a_lock(pool)
            impatient.cancel()
        await placer.place(an_order(event))
    assert await sold(pool) == (2, 2, 2)


async def test_a_connection_lost_in_mid_batch_costs_nobody_an_order(pool: "Pool[Any]", event: Event) -> None:
    async with placing(pool) as placer:
        async with types_locked(pool):
            waiting = [asyncio.create_task(placer.place(an_order(event))) for _ in range(5)]
            for pid in await waiting_for_a_lock(pool):
                await pool.execute("SELECT pg_terminate_backend($1)", pid)
        answers = await asyncio.gather(*waiting)
    assert [answer.status for answer in answers] == [201] * 5
    assert await sold(pool) == (5, 5, 5)


async def test_idle_connections_that_were_all_ended_cost_nobody_an_order(
    pool: "Pool[Any]", event: Event, migrated_url: str
) -> None:
    """For a moment they look alive: Postgres has told them that they end, and has not yet cut the line."""
    admin = await asyncpg.connect(migrated_url)
    async with placing(pool) as placer:
        for _ in range(10):
            pids = await asyncio.gather(
                *(pool.fetchval("SELECT pg_backend_pid() FROM pg_sleep(0.02)") for _ in "abcde")
            )
            await admin.execute("SELECT pg_terminate_backend(pid) FROM unnest($1::int[]) pid", pids)
            assert (await placer.place(an_order(event))).status == 201
    await admin.close()
    assert await sold(pool) == (10, 10, 10)


async def test_more_orders_than_may_wait_are_turned_away_at_once(pool: "Pool[Any]", event: Event) -> None:
    async with placing(pool, max_waiting=2) as placer:
        async with types_locked(pool):
            in_hand = asyncio.create_task(placer.place(an_order(event)))
            await waiting_for_a_lock(pool)
            queued = [asyncio.create_task(placer.place(an_order(event))) for _ in range(2)]
            await asyncio.sleep(0)
            with pytest.raises(Overloaded):
                await placer.place(an_order(event))
        await asyncio.gather(in_hand, *queued)
    assert await sold(pool) == (3, 3, 3)


async def test_a_key_in_hand_is_told_and_afterwards_replayed(pool: "Pool[Any]", event: Event) -> None:
    async with placing(pool) as placer:
        async with types_locked(pool):
            first = asyncio.create_task(placer.place(an_order(event, key="k")))
            await waiting_for_a_lock(pool)
            with pytest.raises(KeyInUse):
                await placer.place(an_order(event, key="k"))
        answer, again = await first, await placer.place(an_order(event, key="k"))
        assert again == replace(answer, replayed=True)
        with pytest.raises(KeyMismatch):
            await placer.place(replace(an_order(event), idempotency=IdempotencyKey(b"k", b"something else")))
    assert await sold(pool) == (1, 1, 1)


async def test_one_key_in_two_processes_at_once_is_one_order(
    pool: "Pool[Any]", event: Event, migrated_url: str
) -> None:
    other = await open_pool(migrated_url, "orders")
    async with placing(pool) as here, placing(other) as there:
        for n in range(10):
            left, right = await asyncio.gather(
                here.place(an_order(event, key=f"k{n}")), there.place(an_order(event, key=f"k{n}"))
            )
            assert left.body == right.body
            assert left.replayed != right.replayed
    await close_pool(other)
    assert await sold(pool) == (10, 10, 10)


async def test_a_key_past_its_lifetime_is_fresh_again(pool: "Pool[Any]", event: Event) -> None:
    async with placing(pool) as placer:
        first = await placer.place(an_order(event, key="k"))
        await pool.execute("UPDATE idempotency_keys SET created_at = now() - interval '24 hours 1 second'")
        second = await placer.place(an_order(event, key="k"))
        assert second.order != first.order
        await pool.execute("UPDATE idempotency_keys SET created_at = now() - interval '24 hours 1 second'")
    async with transaction(pool) as held:
        assert await store.forget_old_answers(held) == 1
    assert await pool.fetchval("SELECT count(*) FROM idempotency_keys") == 0
