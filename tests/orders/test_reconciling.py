"""Orders that wait for longer than a while are found, and what they wait for is owed again."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace as altered

from services.orders import editing, store
from services.orders.aftersales import AfterSales
from services.orders.browsing import Shelf
from services.orders.catalogue import Event
from services.orders.committing import commit_batch
from services.orders.fulfilment import Fulfilment, Mail
from services.orders.organisers import make_key, revoke_key
from services.orders.organising import NewTicketType
from services.orders.placing import Line, PlaceOrder
from services.orders.reconciling.measuring import ReconcilerMeasures
from services.orders.reconciling.rules import Load, Waits
from services.orders.reconciling.worker import Reconciler
from shared.bus import Bus, BusUnavailable, connect
from shared.database import Pool, close_pool, open_pool, transaction
from shared.messages import ApiKeyChanged, EventChanged, OrderCancelled, OrderPlaced, OrderResendRequested, read
from shared.outbox import Relay
from shared.queues import declare_all
from tests.orders.builders import a_new_event, an_order
from tests.orders.flagging import as_declared

AT_ONCE = Waits(first=timedelta(0), second_walk=timedelta(0))
KINDS = (NewTicketType("general", "General", 4500, "EUR", 100), NewTicketType("child", "Child", 0, "EUR", 100))


@dataclass(frozen=True, slots=True)
class Office:
    """What orders keeps; no relay runs, so what is owed to the bus can be looked at."""

    pool: "Pool[Any]"
    bus: Bus
    event: Event

    def reconciler(self, waits: Waits = AT_ONCE) -> Reconciler:
        return Reconciler(self.pool, self.bus, Relay(self.pool, self.bus), waits)

    async def place(self, *orders: PlaceOrder) -> None:
        outcomes = await commit_batch(self.pool, orders)
        assert not [outcome for outcome in outcomes if isinstance(outcome, Exception)]

    async def owed(self) -> list[tuple[str, str]]:
        rows = await self.pool.fetch("SELECT key, subject FROM outbox ORDER BY position")
        return [(row["key"], row["subject"]) for row in rows]

    async def bodies(self, key: str) -> list[bytes]:
        return [row["body"] for row in await self.pool.fetch("SELECT body FROM outbox WHERE key = $1", key)]

    async def published(self) -> None:
        """And lost: the broker was emptied."""
        await self.pool.execute("DELETE FROM outbox")

    async def stands(self, order: PlaceOrder, fulfilment: Fulfilment) -> None:
        async with transaction(self.pool) as held:
            await store.save_fulfilment(held, order.number, fulfilment)

    async def hours_later(self) -> None:
        await self.pool.execute("UPDATE unfulfilled_orders SET look_at = now()")
        await self.pool.execute("UPDATE announcements SET look_at = now()")


@pytest.fixture
async def office(migrated_url: str) -> AsyncIterator[Office]:
    pool = await open_pool(migrated_url, "orders")
    bus = await connect(migrated_url, source="test")
    await declare_all(bus)
    async with transaction(pool) as held:
        organiser = await store.add_organiser(held, "Lakeside Concerts")
        event = await store.event(held, str(await store.add_event(held, organiser, a_new_event("night", *KINDS))))
    assert event
    yield Office(pool, bus, event)
    await bus.close()
    await close_pool(pool)


def several_lines(event: Event) -> PlaceOrder:
    general, child = event.ticket_types
    names = (("Ada", "Bob", "Ada"), ("Bob", "Bob"), ("Ada",))
    lines = [Line(kind.id, name) for kind, name in zip((general, child, general), names, strict=True)]
    return altered(an_order(event), lines=tuple(lines))


async def test_what_is_told_again_is_what_was_told_first(office: Office) -> None:
    await office.place(several_lines(office.event))
    (first,) = await office.bodies(OrderPlaced.key)
    await office.published()
    await office.reconciler().round()
    (again,) = await office.bodies(OrderPlaced.key)
    assert read(OrderPlaced, again) == read(OrderPlaced, first)


async def test_prices_are_told_as_sold_though_they_have_changed(office: Office) -> None:
    await office.place(an_order(office.event))
    await office.published()
    await office.pool.execute("UPDATE ticket_types SET price_amount = 9900, name = 'Dearer'")
    await office.reconciler().round()
    told = read(OrderPlaced, (await office.bodies(OrderPlaced.key))[0])
    assert (told.total.amount, told.lines[0].unit_price.amount, told.tickets[0].price.amount) == (4500, 4500, 4500)
    assert (told.lines[0].name, told.tickets[0].ticket_type) == ("General", "General")


@pytest.mark.parametrize(
    ("stands", "told"),
    [
        (Fulfilment(), [OrderPlaced.key]),
        (Fulfilment("pending", "sent"), [OrderPlaced.key]),
        (Fulfilment("issued", "pending"), [OrderPlaced.key]),
        (Fulfilment("issued", "pending", Mail("tickets", 3)), [OrderPlaced.key, OrderResendRequested.key]),
        (Fulfilment("issued", "sent"), []),
        (Fulfilment("issued", "bounced"), []),
        (Fulfilment("failed"), []),
    ],
)
async def test_an_order_is_asked_for_what_it_waits_for(office: Office, stands: Fulfilment, told: Sequence[str]) -> None:
    order = an_order(office.event)
    await office.place(order)
    await office.stands(order, stands)
    await office.published()
    await office.reconciler().round()
    assert await office.owed() == [(key, order.number) for key in told]
    if OrderResendRequested.key in told:
        assert read(OrderResendRequested, (await office.bodies(OrderResendRequested.key))[0]).revision == 3


async def test_an_order_is_left_alone_until_it_has_waited_for_a_while(office: Office) -> None:
    await office.place(an_order(office.event))
    await office.published()
    await office.reconciler(Waits()).round()
    assert await office.owed() == []


async def test_an_order_that_was_asked_for_is_left_alone_for_longer_each_time(office: Office) -> None:
    await office.place(an_order(office.event))
    waits = Waits(first=timedelta(0), longest=timedelta(hours=1))
    await office.published()
    await office.reconciler(waits).round()
    await office.pool.execute("UPDATE unfulfilled_orders SET look_at = now() + interval '4 minutes'")
    await office.published()
    await office.reconciler(waits).round()
    assert await office.owed() == []
    await office.hours_later()
    await office.reconciler(Waits(first=timedelta(minutes=2), second_walk=timedelta(0))).round()
    assert len(await office.owed()) == 1
    wait = await office.pool.fetchval("SELECT look_at - now() FROM unfulfilled_orders")
    assert timedelta(minutes=7) < wait <= timedelta(minutes=8)


async def test_processes_side_by_side_ask_once(office: Office) -> None:
    await office.place(*[an_order(office.event) for _ in range(20)])
    await office.published()
    await asyncio.gather(*(office.reconciler().round() for _ in range(4)))
    await office.reconciler().round()
    assert len(await office.owed()) == len(set(await office.owed())) == 20


async def test_what_is_still_in_the_outbox_is_not_owed_twice(office: Office) -> None:
    await office.place(an_order(office.event))
    for _ in range(3):
        await office.reconciler().round()
        await office.hours_later()
    assert len(await office.owed()) == 1


async def test_orders_that_are_fulfilled_are_passed_once_and_never_looked_at_again(office: Office) -> None:
    orders = [an_order(office.event) for _ in range(5)]
    await office.place(*orders)
    await office.pool.execute("UPDATE orders SET tickets_status = 'issued', email_status = 'sent'")
    await office.reconciler().round()
    assert await office.pool.fetchval("SELECT count(*) FROM unfulfilled_orders") == 0
    walked: Any = await office.pool.fetchrow("SELECT walked_to, walked_again_to FROM reconciliation")
    assert set(walked.values()) == {max(order.id for order in orders)}
    await office.pool.execute("UPDATE orders SET email_status = 'pending'")
    await office.reconciler().round()
    assert await office.pool.fetchval("SELECT count(*) FROM unfulfilled_orders") == 0


async def test_an_order_committed_long_after_its_id_was_drawn_is_found_by_the_second_walk(office: Office) -> None:
    late, soon = sorted((an_order(office.event), an_order(office.event)), key=lambda order: order.id)
    waits = Waits(first=timedelta(0), second_walk=timedelta(hours=1))
    await office.place(soon)
    await office.reconciler(waits).round()
    await office.place(late)
    await office.published()
    await office.reconciler(waits).round()
    assert (OrderPlaced.key, late.number) not in await office.owed()
    await office.reconciler().round()
    assert (OrderPlaced.key, late.number) in await office.owed()


async def test_a_fulfilled_order_is_watched_no_longer(office: Office) -> None:
    order = an_order(office.event)
    await office.place(order)
    await office.reconciler().round()
    await office.stands(order, Fulfilment("issued", "sent"))
    await office.hours_later()
    await office.reconciler().round()
    assert await office.pool.fetchval("SELECT count(*) FROM unfulfilled_orders") == 0


async def test_under_a_backlog_only_orders_that_were_overtaken_are_asked_for(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The earlier order was lost; those behind it go their way, and the queue is long."""
    lost, fulfilled, young = (an_order(office.event) for _ in range(3))
    await office.place(lost, fulfilled, young)
    await office.stands(fulfilled, Fulfilment("issued", "sent"))
    await office.published()

    async def crowded(watched: int) -> Load:
        return Load(outbox=0, moving=100_000, waiting=0, watched=watched)

    reconciler = office.reconciler()
    monkeypatch.setattr(reconciler, "_load", crowded)
    await reconciler.round()
    assert await office.owed() == []
    await office.pool.execute("UPDATE orders SET placed_at = placed_at - interval '1 hour' WHERE id = $1", lost.id)
    await office.pool.execute(
        "UPDATE unfulfilled_orders SET since = since - interval '1 hour' WHERE order_id = $1",
        lost.id,
    )
    await reconciler.round()
    assert await office.owed() == [(OrderPlaced.key, lost.number)]


async def test_a_broker_that_is_away_is_not_asked_to_carry_more(office: Office, free_port: int) -> None:
    await office.place(an_order(office.event))
    await office.published()
    away = await connect(f"amqp://guest:guest@127.0.0.1:{free_port}/", source="test")
    reconciler = Reconciler(office.pool, away, Relay(office.pool, away), AT_ONCE)
    with pytest.raises(BusUnavailable):
        await reconciler.round()
    await away.close()
    assert await office.owed() == []


async def test_a_revoked_key_is_announced_again_until_its_gate_has_heard(office: Office) -> None:
    async with transaction(office.pool) as held:
        made = await make_key(held, "Lakeside Concerts")
        await revoke_key(held, str(made.id))
    for _ in range(10):
        await office.published()
        await office.hours_later()
        await office.reconciler().round()
        (told,) = [read(ApiKeyChanged, body) for body in await office.bodies(ApiKeyChanged.key)]
        assert (told.id, told.revoked) == (str(made.id), True)


async def test_an_event_is_announced_again_as_it_now_is_and_not_for_ever(office: Office) -> None:
    async with transaction(office.pool) as held:
        organiser = await store.organiser_of(held, office.event.id)
        assert organiser
        owned = await store.owned_event(held, organiser, str(office.event.id), lock=True)
        assert owned
        changed = await editing.change(held, owned, {"name": "Summer Day"})
    heard = 0
    for _ in range(10):
        await office.published()
        await office.hours_later()
        await office.reconciler().round()
        for body in await office.bodies(EventChanged.key):
            told = read(EventChanged, body)
            assert (told.event.name, told.version) == ("Summer Day", changed.version)
            heard += 1
    assert heard == 6


async def test_unfulfilled_orders_are_counted_by_age_and_by_what_they_wait_for(office: Office) -> None:
    orders = [an_order(office.event) for _ in range(3)]
    await office.place(*orders)
    await office.stands(orders[2], Fulfilment("issued", "pending"))
    await office.reconciler().round()
    for order, age in zip(orders, ("5 minutes", "2 days", "2 hours"), strict=True):
        await office.pool.execute(
            f"UPDATE unfulfilled_orders SET since = now() - interval '{age}' WHERE order_id = $1", order.id
        )
    measures = ReconcilerMeasures()
    await measures.sample(office.pool)
    samples = {
        (sample.labels["age"], sample.labels["waits_for"]): sample.value
        for sample in next(iter(measures.unfulfilled.collect())).samples
        if sample.value
    }
    assert samples == {("2m", "tickets"): 1, ("1d", "tickets"): 1, ("1h", "mail"): 1}


async def test_a_cancellation_is_announced_again_to_gates_and_mailer(office: Office) -> None:
    order = an_order(office.event, quantity=2)
    await office.place(order)
    await cancelled(office, order)
    (first,) = await office.bodies(OrderCancelled.key)
    for mailed in (False, True):
        await office.stands(order, Fulfilment("void", "sent" if mailed else "pending", Mail("cancellation")))
        await office.published()
        await office.hours_later()
        await office.reconciler().round()
        (again,) = [read(OrderCancelled, body) for body in await office.bodies(OrderCancelled.key)]
        told = read(OrderCancelled, first)
        assert altered(again, tickets=()) == altered(told, tickets=())
        assert sorted(again.tickets) == sorted(told.tickets)


async def cancelled(office: Office, order: PlaceOrder) -> None:
    aftersales = AfterSales(office.pool, Shelf(office.pool), as_declared(), on_commit=lambda: None)
    async with transaction(office.pool) as held:
        stored = await store.order(held, order.number)
    assert stored
    await aftersales.cancel(stored, "organiser")
