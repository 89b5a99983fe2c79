"""What a buyer, or the organiser, may still ask of a placed order: the one way in, for the API and for the pages."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from services.orders import answers, progress, reporting, resending, store
from services.orders.browsing import Shelf
from services.orders.cancelling import By, too_late
from services.orders.catalogue import Event
from services.orders.fulfilment import Fulfilment, after_asking_again, after_cancelling
from services.orders.reconciling.retelling import owe_again
from services.orders.store import StoredOrder, announcing, reconciling
from shared import outbox
from shared.database import Connection, DatabaseUnavailable, Pool, connection, transaction
from shared.flags import Flags, Snapshot, Verdict, about
from shared.flags.declared import RESEND_BY_BUYER
from shared.messages import Fact, OrderCancelled, OrderResendRequested
from shared.web import Problem, forbidden, not_found, rate_limited

STUCK_AFTER = timedelta(minutes=1)
# A file that is lost is not asked for more often.
FILE_ASKED_APART = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class AfterSales:
    """Every refusal is a `Problem`. `on_commit` is called when there is something to publish."""

    pool: "Pool[Any]"
    shelf: Shelf
    flags: Flags
    on_commit: Callable[[], None]

    async def cancel(self, order: StoredOrder, by: By) -> StoredOrder:
        """The order as it then stands: its tickets void, its places back on sale. One cancelled already stays so."""
        async with transaction(self.pool) as held:
            current = await _locked(held, order.number)
            if current.status == "cancelled":
                return current
            event, now = _found(await store.event(held, str(order.event_id))), datetime.now(UTC)
            if reason := too_late(event, by, now):
                detail = f"{reason} Ask {event.organiser}, who can still cancel the order."
                raise Problem(409, "too-late", "Too late to cancel", detail)
            cancelled = replace(current, status="cancelled", fulfilment=after_cancelling())
            void = await store.void_order(held, current, by, now)
            await _note(held, cancelled, OrderCancelled)
            await reconciling.watch(held, current.id)
            told = reporting.order_cancelled(current, event, void, by, now)
            await outbox.add(held, [told])
            await announcing.announce_again(held, told.key, told.subject)
            await store.return_places(held, void)
        await self._tell(order.number)
        return cancelled

    async def resend(self, order: StoredOrder, by: By, asked: Snapshot) -> StoredOrder:
        """The order as it then stands: the mail that brings its tickets is owed once more."""
        if by == "buyer":
            event = await self.event_of(order)
            verdict = resend_by_buyer(order, event, asked)
            if not verdict.on:
                detail = f"Ask {event.organiser}, who can have the tickets of this event sent again."
                raise forbidden(verdict.message or detail)
        async with transaction(self.pool) as held:
            current = await _locked(held, order.number)
            lost = stuck(current, datetime.now(UTC))
            if not lost and (problem := withheld(current.fulfilment)):
                raise problem
            name = progress.name_of(OrderResendRequested)
            ages = await store.ages_of(held, order.number, name, resending.PERIOD)
            if wait := resending.wait_before_next(ages):
                detail = "The tickets were sent a moment ago. Look into the spam folder, or ask again later."
                raise rate_limited(detail, wait)
            owed = current if lost else replace(current, fulfilment=after_asking_again(current.fulfilment))
            await _note(held, owed, OrderResendRequested)
            if lost:
                await owe_again(held, [current])
            else:
                await outbox.add(held, [reporting.resend_requested(order.number, owed.fulfilment.mail.revision)])
                await reconciling.watch(held, current.id)
        await self._tell(order.number)
        return owed

    async def file_lost(self, order: StoredOrder) -> None:
        """The store has no PDF where it should: have it made once more, however many ask meanwhile."""
        async with transaction(self.pool) as held:
            if await reconciling.may_ask(held, order.id, FILE_ASKED_APART):
                await owe_again(held, [order])
        self.on_commit()

    async def settled(self, order: StoredOrder) -> StoredOrder:
        """The order when nobody is at work on it any more, not even a session that lost its client."""
        async with transaction(self.pool) as held:
            return await _locked(held, order.number)

    async def age_of_wish(self, order: StoredOrder) -> timedelta:
        """How long ago the last thing was asked for that its page waits for: the order itself, its mail once more, or
        to call it off."""
        ages = [datetime.now(UTC) - order.placed_at]
        async with connection(self.pool) as held:
            for kind in (OrderResendRequested, OrderCancelled):
                ages += await store.ages_of(held, order.number, progress.name_of(kind), ages[0])
        return min(ages)

    async def event_of(self, order: StoredOrder) -> Event:
        return _found(await self.shelf.event(str(order.event_id)))

    async def _tell(self, number: str) -> None:
        """After the commit; a stream that misses it looks again by itself."""
        self.on_commit()
        await progress.announce(self.pool, [number])


def stuck(order: StoredOrder, now: datetime) -> bool:
    """Whether the order's first mail, or all that leads to it, takes longer than it should: then that mail is asked
    for once more, and not a second one."""
    state = order.fulfilment
    first = state.mail.template == "tickets" and state.mail.revision == 1
    return first and not state.settled and state.email == "pending" and now - order.placed_at >= STUCK_AFTER


def resend_by_buyer(order: StoredOrder, event: Event, asked: Snapshot) -> Verdict:
    """Whether its buyer can have the tickets sent again without the organiser."""
    context = about(
        key=order.number, event=event.id, event_slug=event.slug, organiser=event.organiser, locale=order.locale
    )
    return asked.verdict(RESEND_BY_BUYER, context)


def withheld(fulfilment: Fulfilment) -> Problem | None:
    """Why an order's tickets can't be had, if they can't."""
    match fulfilment.tickets:
        case "issued":
            return None
        case "void":
            detail = "This order was cancelled: its tickets are void. Place a new order if you want to come after all."
            return Problem(409, "void", "Tickets void", detail)
        case "failed":
            return not_ready(
                "The tickets could not be made yet. We have been told: there is no need to order again.", 600
            )
        case "pending":
            return not_ready("The tickets are still being made. Try again in a moment.", 1)


def not_ready(detail: str, seconds: int) -> Problem:
    return Problem(409, "not-ready", "Tickets not ready", detail, headers={"Retry-After": str(seconds)})


def _found(event: Event | None) -> Event:
    if event is None:
        raise DatabaseUnavailable("the order's event can't be read")
    return event


async def _locked(held: Connection, number: str) -> StoredOrder:
    order = await store.lock_order(held, number)
    if order is None:
        raise not_found()
    return order


async def _note(held: Connection, order: StoredOrder, kind: type[Fact]) -> None:
    """The order's new state, and the news of it for its progress stream."""
    await store.save_fulfilment(held, order.number, order.fulfilment)
    told = answers.encode({"confirmation_number": order.number})
    await store.add_news(held, order.number, progress.name_of(kind), told)
