"""From what was sent to an order that stands: the one way in, for the API and for the pages."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.orders.batching import KeyInUse, Overloaded, Placer
from services.orders.browsing import Shelf
from services.orders.catalogue import Event
from services.orders.committing import Answer, KeyMismatch
from services.orders.numbers import new_number
from services.orders.placing import Agreed, IdempotencyKey, PlaceOrder
from services.orders.requests import OrderRequest, parse_order, read_order, sound_lines
from services.orders.wanted import WantedLine, faults_in, seat
from shared.bus import Unsendable
from shared.flags import Flags, Snapshot, Verdict, about
from shared.flags.declared import ORDERS_PAUSED
from shared.identifiers import uuid7
from shared.web import Fault, Problem, invalid, json_object, not_found, overloaded

NO_SUCH_EVENT = "There is no such event on sale. GET /v1/events lists those there are."


@dataclass(frozen=True, slots=True)
class Checkout:
    """Every refusal is a `Problem`, in words for the API's clients."""

    shelf: Shelf
    placer: Placer
    flags: Flags

    def refuse_when_full(self) -> None:
        """Before anything is read: who is turned away anyway costs nothing."""
        try:
            self.placer.refuse_when_full()
        except Overloaded as error:
            raise _crowded() from error

    async def read(self, raw: bytes) -> tuple[OrderRequest, Event]:
        """A sound request and its event, or `Problem` with every fault of shape and of the event's rules."""
        if wanted := read_order(raw):
            event = await self.shelf.event(wanted.event)
            if event and not any(faults_in(event, _lines(wanted))):
                return wanted, event
        return await self.check(json_object(raw))

    async def check(self, document: Mapping[str, Any]) -> tuple[OrderRequest, Event]:
        """The slow way, which finds the words for what is wrong."""
        wanted, faults = parse_order(document)
        ref = document.get("event")
        event = await self.shelf.event(ref) if isinstance(ref, str) else None
        if event:
            lines = _lines(wanted) if wanted else dict(sound_lines(document))
            faults += [Fault(pointer, detail) for pointer, detail in faults_in(event, lines)]
        elif not any(fault.pointer == "/event" for fault in faults):
            faults.append(Fault("/event", NO_SUCH_EVENT))
            if wanted:
                raise not_found(NO_SUCH_EVENT, faults)
        if wanted is None or event is None or faults:
            raise invalid(faults)
        return wanted, event

    async def place(
        self, wanted: OrderRequest, event: Event, idempotency: IdempotencyKey | None, asked: Snapshot
    ) -> Answer:
        """Returns once the answer, be it yes or no, is true on disk.

        While the event is paused only what was answered before is told, so that a repetition learns of its order.
        """
        pause = paused(event, wanted.locale, asked)
        try:
            if not pause.on:
                return await self.placer.place(_to_place(wanted, event, idempotency))
            if idempotency and (known := await self.placer.earlier_answer(idempotency)):
                return known
        except Overloaded as error:
            raise _crowded() from error
        except Unsendable as error:
            raise _too_much() from error
        except KeyInUse as error:
            raise _key_conflict() from error
        except KeyMismatch as error:
            raise _key_mismatch() from error
        raise _not_on_sale(pause.message)

    async def settle(self, asked: IdempotencyKey) -> Answer:
        """What came of an order of which nobody could tell; the key of one that was not placed is given up.

        Raises `KeyInUse` while it is still in hand here, and `DatabaseUnavailable`.
        """
        return await self.placer.settle(asked)


def paused(event: Event, locale: str, asked: Snapshot) -> Verdict:
    """Whether no orders are taken just now, and what the organiser says to that."""
    # In the way of every order, and mostly the same for all: gathered only when it is not.
    return asked.verdict(
        ORDERS_PAUSED,
        lambda: about(event=event.id, event_slug=event.slug, organiser=event.organiser, locale=locale),
    )


def _lines(wanted: OrderRequest) -> dict[int, WantedLine]:
    return {place: line.wanted() for place, line in enumerate(wanted.lines)}


def _to_place(wanted: OrderRequest, event: Event, idempotency: IdempotencyKey | None) -> PlaceOrder:
    expected = wanted.expected_total
    return PlaceOrder(
        id=uuid7(),
        number=new_number(),
        event=event,
        buyer_name=wanted.buyer.name,
        buyer_email=wanted.buyer.email,
        locale=wanted.locale,
        lines=seat(event, _lines(wanted).values(), wanted.buyer.name),
        idempotency=idempotency,
        agreed=Agreed(expected.amount, expected.currency) if expected else None,
    )


def _too_much() -> Problem:
    return invalid([Fault("/lines", "This is too much for one order. Order in several parts.")])


def _crowded() -> Problem:
    return overloaded("We can't take more orders at this moment, and yours was not placed. Try again in a moment.")


def _not_on_sale(message: str) -> Problem:
    """The organiser's own words, where there are any."""
    return Problem(409, "not-on-sale", "Not on sale", message or "Sales are paused for now. Try again later.")


def _key_conflict() -> Problem:
    detail = "An order with this Idempotency-Key is still being placed. Repeat in a moment for its answer."
    return Problem(409, "idempotency-conflict", "Still working on it", detail, headers={"Retry-After": "1"})


def _key_mismatch() -> Problem:
    detail = "This Idempotency-Key came before with another body. Send a new key for a new order."
    return Problem(422, "idempotency-mismatch", "Key used for something else", detail)
