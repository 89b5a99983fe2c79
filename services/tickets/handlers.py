"""An order placed becomes a PDF in the store and the news of it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

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
from shared.bus.typed import handling
from shared.database import DatabaseUnavailable, Pool, connection, transaction
from shared.messages import EventDetails, OrderPlaced, StoredDocument, TicketsFailed, TicketsIssued, message
from shared.object_store import ObjectStore, StoreUnavailable
from shared.queues import queue_of

QUEUE = queue_of("tickets", OrderPlaced)


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

    async def subscribe(self, bus: Bus, concurrency: int) -> None:
        """`concurrency` orders at once: enough for the large ones that wait and for small ones to pass them."""
        limit = timedelta(seconds=LONGEST_RENDER_SECONDS)
        await bus.subscribe(
            Subscription(QUEUE, (OrderPlaced.key,), concurrency=concurrency, time_limit=limit),
            handling(OrderPlaced, self.issue),
        )

    async def issue(self, placed: OrderPlaced, _: Delivery) -> Verdict:
        try:
            return await self._issue(placed)
        except (DatabaseUnavailable, StoreUnavailable) as error:
            return Later(str(error), counts=False)
        except RenderPostponed as error:
            return Later(str(error), error.after, counts=False)
        except RenderFailed as error:
            return await self._give_up(placed, str(error))

    async def _issue(self, placed: OrderPlaced) -> Verdict:
        async with connection(self._pool) as held:
            known = await store.known_order(held, placed.number)
        if known.cancelled:
            return Done()
        if known.document:
            return await self._issue_again(placed, known.document, known.drawn)
        design = self._design(placed)
        pdf = await self._draw(placed, design)
        document = await self._objects.put(store_key(placed, design), pdf)
        async with transaction(self._pool) as held:
            # Not if it was cancelled meanwhile: the file then stays where nobody is told of it.
            if await store.add_document(held, placed.number, placed.event, document):
                await outbox.add(held, [message(_issued(placed, document), source="tickets")])
        self._on_commit()
        return Done()

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
                known = await store.known_order(held, placed.number)
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


def _issued(placed: OrderPlaced, document: StoredDocument) -> TicketsIssued:
    return TicketsIssued(
        number=placed.number,
        event=placed.event,
        buyer=placed.buyer,
        locale=placed.locale,
        pdf=document,
        tickets=len(placed.tickets),
    )
