"""An order placed becomes a PDF in the store and the news of it."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
from msgspec.structs import replace

from services.tickets import store
from services.tickets.codes import TicketSigner
from services.tickets.designing import design_of, store_key
from services.tickets.render_errors import RenderFailed, RenderPostponed
from services.tickets.restoring import kept_or_restored
from services.tickets.worker import Design
from services.tickets.workers import LONGEST_RENDER_SECONDS, RenderPool
from shared import outbox
from shared.bus import Bus, Delivery, Done, Later, Never, Subscription, Verdict
from shared.bus.receipts import acknowledge, done
from shared.bus.typed import handling
from shared.database import Connection, DatabaseUnavailable, Pool, connection, transaction
from shared.messages import EventDetails, OrderPlaced, StoredDocument, TicketsFailed, TicketsIssued, message
from shared.object_store import ObjectStore, StoreUnavailable
from shared.queues import queue_of
from shared.together import Together, in_one_transaction

QUEUE = queue_of("tickets", OrderPlaced)


class Issued(msgspec.Struct, frozen=True):
    """A PDF that is in the store and not yet told of, and the message that asked for it."""

    placed: OrderPlaced
    document: StoredDocument
    delivery: Delivery


class Issuer:
    """Renders each order's tickets once, and none of one that is known to be cancelled; asked again it answers again.

    The order's number is the natural key of all it leaves behind.
    """

    def __init__(
        self,
        pool: "Pool[Any]",
        renderer: RenderPool,
        objects: ObjectStore,
        signer: TicketSigner,
        on_commit: Callable[[], None],
        design: Callable[[OrderPlaced], Design],
    ) -> None:
        self._pool = pool
        self._renderer = renderer
        self._objects = objects
        self._signer = signer
        self._on_commit = on_commit
        self._design = design
        self._known = Together[str, store.KnownOrder](self._read)
        self._issued = Together[Issued, None](in_one_transaction(pool, write_issued, on_commit))

    async def subscribe(self, bus: Bus, concurrency: int) -> None:
        """`concurrency` orders at once: enough for the large ones that wait and for small ones to pass them."""
        limit = timedelta(seconds=LONGEST_RENDER_SECONDS)
        await bus.subscribe(
            Subscription(QUEUE, (OrderPlaced.key,), concurrency=concurrency, time_limit=limit),
            handling(OrderPlaced, self.issue),
        )

    async def issue(self, placed: OrderPlaced, delivery: Delivery) -> Verdict:
        try:
            return await self._issue(placed, delivery)
        except (DatabaseUnavailable, StoreUnavailable) as error:
            return Later(str(error), counts=False)
        except RenderPostponed as error:
            return Later(str(error), error.after, counts=False)
        except RenderFailed as error:
            return await self._give_up(placed, str(error))

    async def _issue(self, placed: OrderPlaced, delivery: Delivery) -> Verdict:
        known = await self._known.add(placed.number)
        if known.cancelled:
            return Done()
        if known.document:
            return await self._issue_again(placed, known.document, known.drawn)
        design = self._design(placed)
        pdf = await self._draw(placed, design)
        document = await self._objects.put(store_key(placed, design), pdf)
        await self._issued.add(Issued(placed, document, delivery))
        return done(delivery)

    async def _read(self, numbers: Sequence[str]) -> list[store.KnownOrder]:
        async with connection(self._pool) as held:
            return await store.known_orders(held, numbers)

    async def _issue_again(self, placed: OrderPlaced, issued: StoredDocument, drawn: EventDetails | None) -> Verdict:
        """Tell of the PDF once more, to who may not have heard; one that the store has lost is drawn again first."""
        as_drawn = replace(placed, event=drawn or placed.event)
        document = await kept_or_restored(self._objects, issued, lambda: self._draw(as_drawn, design_of(issued.key)))
        async with transaction(self._pool) as held:
            if document != issued:
                await store.replace_document(held, placed.number, document)
            await outbox.add_unless_owed(held, [message(_issued(placed, document), source="tickets")])
        self._on_commit()
        return Done()

    async def _draw(self, placed: OrderPlaced, design: Design) -> bytes:
        event = UUID(placed.event.id)
        codes = {ticket.id: self._signer.sign(UUID(ticket.id), event) for ticket in placed.tickets}
        return await self._renderer.render(placed, codes, design)

    async def _give_up(self, placed: OrderPlaced, reason: str) -> Verdict:
        """Tell the order, and leave the message with the dead letters, whence it can be replayed."""
        try:
            async with transaction(self._pool) as held:
                (known,) = await store.known_orders(held, [placed.number])
                if known.cancelled:
                    return Done()
                if known.document is None:
                    await store.add_failure(held, placed.number, reason)
                    news = TicketsFailed(number=placed.number, reason=reason)
                    await outbox.add_unless_owed(held, [message(news, source="tickets")])
        except DatabaseUnavailable as error:
            return Later(str(error), counts=False)
        self._on_commit()
        return Never(reason)


async def write_issued(held: Connection, issued: Sequence[Issued]) -> list[None]:
    """The PDFs, the news of those that are new, and the acknowledgements.

    Not of those that were cancelled meanwhile: their files then stay where nobody is told of them.
    """
    new = await store.add_documents(held, [(each.placed.number, each.placed.event, each.document) for each in issued])
    facts = {each.placed.number: _issued(each.placed, each.document) for each in issued if each.placed.number in new}
    await outbox.add(held, [message(fact, source="tickets") for fact in facts.values()])
    await acknowledge(held, [each.delivery for each in issued])
    return [None] * len(issued)


def _issued(placed: OrderPlaced, document: StoredDocument) -> TicketsIssued:
    return TicketsIssued(
        number=placed.number,
        event=placed.event,
        buyer=placed.buyer,
        locale=placed.locale,
        pdf=document,
        tickets=len(placed.tickets),
    )
