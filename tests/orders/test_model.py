"""Random histories against a model: whatever happens in whatever order, the books balance."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar
from uuid import UUID

import asyncpg
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from msgspec.structs import replace

from services.orders import editing, store
from services.orders.aftersales import AfterSales
from services.orders.batching import Placer
from services.orders.browsing import Shelf
from services.orders.catalogue import Event
from services.orders.committing import Answer
from services.orders.organising import NewTicketType
from services.orders.placing import IdempotencyKey, PlaceOrder
from shared.background import Background
from shared.database import DatabaseUnavailable, close_pool, connection, open_pool, transaction
from shared.identifiers import uuid7
from shared.web import Problem
from tests.orders.builders import a_new_event, an_order
from tests.orders.flagging import as_declared
from tests.servers.postgres import Databases

T = TypeVar("T")

KINDS = ("floor", "balcony")
CAPACITY = 6
wanted = st.tuples(st.sampled_from(KINDS), st.integers(1, 4))
crowds = st.lists(wanted, min_size=1, max_size=6)

capacities = st.integers(0, 12)
# Which of the orders there are: how many that is hangs on how a crash ends, and what is drawn must not.
picks = st.integers(0, 99)


class BoxOffice(RuleBasedStateMachine):
    """Two processes' placers on one database; what each keyed order was answered is remembered."""

    server: Databases
    template: str

    def __init__(self) -> None:
        super().__init__()
        self._runner = asyncio.Runner()
        self._keys = 0
        self._answered: dict[bytes, tuple[PlaceOrder, Answer]] = {}
        self._cancelled: set[UUID] = set()
        self._unkeyed_placed = self._unkeyed_unknown = 0

    @initialize()
    def open(self) -> None:
        self._do(self._open())

    @rule(crowd=crowds, at=st.sampled_from([0, 1]))
    def place(self, crowd: list[tuple[str, int]], at: int) -> None:
        """All at one process: the model knows who must get places."""
        left = self._do(self._left())
        answers = self._do(self._place(crowd, [at] * len(crowd)))
        for (kind, quantity), answer in zip(crowd, answers, strict=True):
            assert isinstance(answer, Answer)
            assert answer.status == (201 if left[kind] >= quantity else 409)
            left[kind] -= quantity if answer.status == 201 else 0

    @rule(crowd=crowds)
    def place_at_both(self, crowd: list[tuple[str, int]]) -> None:
        for answer in self._do(self._place(crowd, [n % 2 for n in range(len(crowd))])):
            assert isinstance(answer, Answer)

    @rule(crowd=crowds, keyed=st.booleans())
    def place_in_a_crash(self, crowd: list[tuple[str, int]], keyed: bool) -> None:
        """Connections die in the middle: the outcome may be unknown, but a key tells."""
        for answer in self._do(self._place(crowd, [0] * len(crowd), keyed=keyed, crash=True)):
            assert isinstance(answer, Answer | DatabaseUnavailable)

    @rule(pick=picks, at=st.sampled_from([0, 1]))
    def repeat(self, pick: int, at: int) -> None:
        for key in _picked(sorted(self._answered), [pick]):
            self._repeat(key, at)

    def _repeat(self, key: bytes, at: int) -> None:
        order, first = self._answered[key]
        again = self._do(self._placers[at].place(replace(order, id=uuid7(), number=an_order(self._event).number)))
        assert (again.status, again.body, again.order, again.replayed) == (first.status, first.body, first.order, True)

    @rule(pick=picks, crash=st.booleans(), times=st.integers(1, 4))
    def cancel(self, pick: int, crash: bool, times: int) -> None:
        """Once or several times at once, also while connections die: its places come back once."""
        for order in _picked(self._confirmed(), [pick]):
            self._do(self._cancel([order] * times, crash=crash))

    @rule(some=st.lists(picks, min_size=1, max_size=4), crowd=crowds, kind=st.sampled_from(KINDS), capacity=capacities)
    def cancel_in_a_crowd(self, some: list[int], crowd: list[tuple[str, int]], kind: str, capacity: int) -> None:
        """Buyers of two processes, an editor and whoever changes their mind at once: nobody waits for ever."""
        orders = _picked(self._confirmed(), some)
        answers = self._do(self._place_edit_and_cancel(crowd, kind, capacity, orders))
        assert all(isinstance(answer, Answer | bool) for answer in answers)

    @rule(kind=st.sampled_from(KINDS), capacity=capacities)
    def change_capacity(self, kind: str, capacity: int) -> None:
        """As its organiser does: never below what is sold."""
        sold = self._do(self._sold(kind))
        assert self._do(self._change_capacity(kind, capacity)) == (capacity >= sold)

    @rule(crowd=crowds, kind=st.sampled_from(KINDS), several=st.lists(capacities, min_size=1, max_size=3))
    def change_capacity_in_a_crowd(self, crowd: list[tuple[str, int]], kind: str, several: list[int]) -> None:
        """Editors and two processes' buyers at once: nobody fails, and nobody waits for ever."""
        answers = self._do(self._place_and_edit(crowd, kind, several))
        assert all(isinstance(answer, Answer | bool) for answer in answers)

    @invariant()
    def the_books_balance(self) -> None:
        self._do(self._audit())

    def teardown(self) -> None:
        self._do(self._close())
        self._runner.close()

    async def _open(self) -> None:
        self._url = await self.server.create(template=self.template)
        self._auditor = await asyncpg.connect(self._url, server_settings={"search_path": "orders"})
        self._pools = [await open_pool(self._url, "orders"), await open_pool(self._url, "orders")]
        self._placers = [Placer(pool, on_commit=lambda: None) for pool in self._pools]
        self._aftersales = [
            AfterSales(pool, Shelf(pool), as_declared(), on_commit=lambda: None) for pool in self._pools
        ]
        self._background = Background()
        for placer in self._placers:
            self._background.start("placer", placer.run)
        kinds = [NewTicketType(slug, slug.title(), 4500, "EUR", CAPACITY) for slug in KINDS]
        async with transaction(self._pools[0]) as held:
            self._organiser = await store.add_organiser(held, "Lakeside")
            await store.add_event(held, self._organiser, a_new_event("night", *kinds))
            event = await store.event(held, "night")
        assert event
        self._event: Event = event

    async def _close(self) -> None:
        await self._background.close()
        for pool in self._pools:
            await close_pool(pool)
        await self._auditor.close()
        await self.server.drop(self._url)

    async def _place(
        self, crowd: list[tuple[str, int]], at: list[int], keyed: bool = True, crash: bool = False
    ) -> list[Answer | BaseException]:
        orders = [self._order(kind, quantity, keyed) for kind, quantity in crowd]
        placing = [asyncio.create_task(self._placers[n].place(order)) for n, order in zip(at, orders, strict=True)]
        if crash:
            for _ in range(3):
                await self._kill_connections()
        answers = await asyncio.gather(*placing, return_exceptions=True)
        for order, answer in zip(orders, answers, strict=True):
            self._remember(order, answer)
        return answers

    def _order(self, kind: str, quantity: int, keyed: bool) -> PlaceOrder:
        self._keys += 1
        order = an_order(self._event, kind=self._event.ticket_type(kind), quantity=quantity)
        key = IdempotencyKey(b"key %d" % self._keys, b"asked")
        return replace(order, idempotency=key if keyed else None)

    def _remember(self, order: PlaceOrder, answer: Answer | BaseException) -> None:
        if isinstance(answer, Answer) and order.idempotency:
            self._answered[order.idempotency.key] = (order, answer)
        elif isinstance(answer, Answer):
            self._unkeyed_placed += answer.status == 201
        else:
            self._unkeyed_unknown += 1

    async def _place_and_edit(
        self, crowd: list[tuple[str, int]], kind: str, capacities: list[int]
    ) -> Sequence[Answer | BaseException | bool]:
        edits = asyncio.gather(*[self._change_capacity(kind, capacity) for capacity in capacities])
        bought, edited = await asyncio.gather(self._place(crowd, [n % 2 for n in range(len(crowd))]), edits)
        return [*bought, *edited]

    async def _place_edit_and_cancel(
        self, crowd: list[tuple[str, int]], kind: str, capacity: int, orders: list[UUID]
    ) -> Sequence[Answer | BaseException | bool]:
        answers, _ = await asyncio.gather(self._place_and_edit(crowd, kind, [capacity]), self._cancel(orders))
        return answers

    def _confirmed(self) -> list[UUID]:
        """Orders that we know of and that nobody cancelled."""
        answered = {answer.order for _, answer in self._answered.values() if answer.order}
        return sorted(answered - self._cancelled)

    async def _cancel(self, orders: Sequence[UUID], crash: bool = False) -> None:
        """Until it is so, as clients do that get no answer."""
        cancelling = [asyncio.create_task(self._cancel_surely(order, at % 2)) for at, order in enumerate(orders)]
        if crash:
            for _ in range(3):
                await self._kill_connections()
        assert all(order.status == "cancelled" for order in await asyncio.gather(*cancelling))
        self._cancelled |= set(orders)

    async def _cancel_surely(self, identity: UUID, at: int) -> store.StoredOrder:
        while True:
            try:
                async with connection(self._pools[at]) as held:
                    number = await held.fetchval("SELECT number FROM orders WHERE id = $1", identity)
                    order = await store.order(held, number)
                assert order
                return await self._aftersales[at].cancel(order, by="buyer")
            except DatabaseUnavailable:
                await asyncio.sleep(0.01)

    async def _change_capacity(self, kind: str, capacity: int) -> bool:
        """Whether it was allowed."""
        while True:
            try:
                async with transaction(self._pools[1]) as held:
                    owned = await store.owned_event(held, self._organiser, "night", lock=True)
                    assert owned
                    await editing.change_ticket_type(held, owned, kind, {"capacity": capacity})
                return True
            except Problem:
                return False
            except DatabaseUnavailable:
                # A connection that was killed earlier is only noticed now.
                await asyncio.sleep(0.01)

    async def _sold(self, kind: str) -> int:
        sold = await self._auditor.fetchval("SELECT capacity - available FROM ticket_types WHERE slug = $1", kind)
        return int(sold)

    async def _kill_connections(self) -> None:
        await self._auditor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND application_name = 'boxoffice-orders'"
        )

    async def _left(self) -> dict[str, int]:
        rows = await self._auditor.fetch("SELECT slug, available FROM ticket_types")
        return {row["slug"]: row["available"] for row in rows}

    async def _audit(self) -> None:
        """Every place is accounted for, every key has its one order, every order its message."""
        for row in await self._auditor.fetch(
            "SELECT capacity, available, (SELECT count(*) FROM tickets WHERE ticket_type_id = t.id AND "
            "voided_at IS NULL) AS sold FROM ticket_types t"
        ):
            assert row["sold"] == row["capacity"] - row["available"]
            assert row["available"] >= 0
        orders = {row["id"] for row in await self._auditor.fetch("SELECT id FROM orders")}
        messages = await self._auditor.fetchval("SELECT count(*) FROM outbox WHERE key = 'order.placed.v1'")
        placed = {answer.order for _, answer in self._answered.values() if answer.status == 201}
        assert placed <= orders
        assert len(placed) == sum(answer.status == 201 for _, answer in self._answered.values())
        assert 0 <= len(orders) - len(placed) - self._unkeyed_placed <= self._unkeyed_unknown
        assert messages == len(orders)
        cancelled = {row["id"] for row in await self._auditor.fetch("SELECT id FROM orders WHERE status = 'cancelled'")}
        told = await self._auditor.fetchval("SELECT count(*) FROM outbox WHERE key = 'order.cancelled.v1'")
        assert cancelled == self._cancelled
        assert told == len(cancelled)

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return self._runner.run(work)


def _picked(these: Sequence[T], picks: Sequence[int]) -> list[T]:
    return [these[pick % len(these)] for pick in picks] if these else []


def test_places_are_never_sold_twice_whatever_happens(databases: Databases, migrated_template: str) -> None:
    BoxOffice.server, BoxOffice.template = databases, migrated_template
    run_state_machine_as_test(
        BoxOffice,
        settings=settings(
            max_examples=12,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
        ),
    )
