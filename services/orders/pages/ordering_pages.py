"""From an event's form to an order: with a key at once, without one by a page that reads the order back.

A form on a page that caches hold is the same for all who see it, so it can't carry what makes two clicks one
order: the script puts a key into it, and without scripts the page that reads the order back has one
(docs/decisions/0080-a-key-for-every-order-form.md).
"""

import asyncio
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from aiohttp import web

from services.orders import answers
from services.orders.batching import KeyInUse
from services.orders.browsing import Shelf
from services.orders.catalogue import Event
from services.orders.checkout import Checkout, paused
from services.orders.committing import WITHDRAWN, Answer
from services.orders.pages import filling, policy, unsure
from services.orders.pages.filling import FieldFault, Filled, read_filled
from services.orders.pages.forms import read_form
from services.orders.pages.offers import closed, offer
from services.orders.pages.opening import Opening
from services.orders.pages.readers import Reader, reader_of
from services.orders.pages.reviewing import review
from services.orders.pages.site import Site
from services.orders.pages.unsure import Unsure
from services.orders.pages.wording import events, ordering
from services.orders.pages.wording import unsure as unsure_words
from services.orders.placing import IdempotencyKey
from shared.database import DatabaseUnavailable, OutcomeUnknown
from shared.flags import Snapshot, Verdict
from shared.web import Problem, not_found

# Two clicks on one button: the second waits for the first.
TRIES = 25
PAUSE_SECONDS = 0.2
OPEN = Verdict(on=False)


@dataclass(frozen=True, slots=True)
class Asked:
    """A form that was sent: by whom, under which flags, for which event, with what in it."""

    request: web.Request
    flags: Snapshot
    reader: Reader
    event: Event
    filled: Filled

    @property
    def words(self) -> ordering.Words:
        return ordering.WORDS[self.reader.language]

    @property
    def settled(self) -> unsure_words.Words:
        return unsure_words.WORDS[self.reader.language]

    @property
    def path(self) -> str:
        """Where its form is sent."""
        return f"/events/{self.request.match_info['event']}"


@dataclass(frozen=True, slots=True)
class OrderingPages:
    """`opening` lets the buyer in at the order's page."""

    site: Site
    shelf: Shelf
    checkout: Checkout
    opening: Opening

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/events/{event}", self.take), web.get("/events/{event}/order", self.look)]

    async def take(self, request: web.Request) -> web.Response:
        policy.refuse_strangers(request)
        self.checkout.refuse_when_full()
        filled = read_filled(await read_form(request))
        try:
            return await self._take(request, filled)
        except DatabaseUnavailable:
            # Nothing was placed, but without the event there is no form to give back: the page that looks has it.
            return self._unsure(request, Unsure(_key_of(filled.key or secrets.token_urlsafe(24)), filled))

    async def _take(self, request: web.Request, filled: Filled) -> web.Response:
        event = await self.shelf.event(request.match_info["event"])
        if event is None or not event.published:
            raise not_found()
        asked = Asked(request, await self.checkout.flags.of(request), reader_of(request), event, filled)
        return self._form(asked, 200) if filled.step == "change" else await self._order(asked)

    async def look(self, request: web.Request) -> web.Response:
        """What became of an order of which nobody could tell: it, its refusal, or the form to go on with."""
        path, order = f"/events/{request.match_info['event']}", unsure.remembered(request)
        if order is None:
            return self.site.see(reader_of(request).link(path))
        try:
            event = await self.shelf.event(request.match_info["event"])
            if event is None:
                raise not_found()
            answer = await self.checkout.settle(order.key)
            asked = Asked(request, await self.checkout.flags.of(request), reader_of(request), event, order.filled)
        except (DatabaseUnavailable, KeyInUse):
            return self._unsure(request, order)
        response = await self._answered(asked, answer)
        unsure.forget(response, request.path, secure=self.opening.secure)
        return response

    async def _order(self, asked: Asked) -> web.Response:
        document = filling.as_request(asked.filled, asked.event, asked.reader)
        faults = filling.quantity_faults(asked.filled, asked.event, asked.reader)
        try:
            wanted, event = await self.checkout.check(document)
        except Problem as problem:
            told = [fault for fault in problem.faults if not (faults and fault.pointer == "/lines")]
            faults += filling.field_faults(told, asked.filled, asked.event, asked.reader)
            return self._form(asked, problem.status, faults)
        if faults:
            return self._form(asked, 422, faults)
        if not asked.filled.key:
            return self._read_back(asked)
        # What was placed with this key stands, whatever was closed or changed since: all else is decided with it.
        key = _key_of(asked.filled.key, json.dumps(document))
        try:
            return await self._answered(asked, await self._place(wanted, event, key, asked.flags))
        except OutcomeUnknown:
            return self._unsure(asked.request, Unsure(key, asked.filled))
        except DatabaseUnavailable:
            return self._review(asked, 503, asked.settled.not_taken)
        except Problem as problem:
            return self._not_now(asked, problem)

    def _read_back(self, asked: Asked) -> web.Response:
        if any(closed(kind, asked.event, datetime.now(UTC)) for kind, _ in asked.filled.chosen(asked.event)):
            return self._form(asked, 409, notice=asked.words.closed)
        if not asked.filled.prices_hold(asked.event):
            return self._review(asked, 409, asked.words.price_changed, fresh=True)
        return self._review(asked, 200, fresh=True)

    async def _place(self, *order: Any) -> Answer:
        for _ in range(TRIES):
            try:
                return await self.checkout.place(*order)
            except Problem as problem:
                if problem.slug != "idempotency-conflict":
                    raise
            await asyncio.sleep(PAUSE_SECONDS)
        raise OutcomeUnknown("the same order is being placed elsewhere")

    async def _answered(self, asked: Asked, answer: Answer) -> web.Response:
        if answer.order is not None:
            number = answers.number_in(answer.body)
            response = self.site.see(asked.reader.link(f"/orders/{number}"))
            self.opening.let_in(response, number, answer.order)
            return response
        refusal = json.loads(answer.body)
        if "total" in refusal:
            event = await self.shelf.event_now(str(asked.event.id)) or asked.event
            return self._review(replace(asked, event=event), 409, asked.words.price_changed, fresh=True)
        if refusal == WITHDRAWN:
            return self._not_ordered(asked)
        if "available" not in refusal:
            return self._form(asked, 409, notice=asked.words.closed)
        left = refusal["available"]
        faults = filling.sold_out_faults(left, asked.filled, asked.event, asked.reader)
        return self._form(_with_stock(asked, left), 409, faults, asked.words.sold_out)

    def _not_now(self, asked: Asked, problem: Problem) -> web.Response:
        """With a fresh key where the old one is spent, with the same one where pressing again is to be one order."""
        if problem.slug == "not-on-sale":
            return self._form(asked, problem.status)
        spent = problem.slug == "idempotency-mismatch"
        return self._review(asked, problem.status, asked.words.again if spent else asked.settled.not_taken, fresh=spent)

    def _not_ordered(self, asked: Asked) -> web.Response:
        """Its key was given up when we looked, so nothing will come of it any more: the next one is fresh."""
        if not asked.filled.chosen(asked.event):
            return self._form(asked, 200, notice=asked.settled.not_ordered)
        return self._review(asked, 200, asked.settled.not_ordered, fresh=True)

    def _unsure(self, request: web.Request, order: Unsure) -> web.Response:
        path = f"/events/{request.match_info['event']}"
        response = unsure.page(self.site, request, reader_of(request).link(f"{path}/order"), path)
        unsure.remember(response, f"{path}/order", order, secure=self.opening.secure)
        return response

    def _form(
        self, asked: Asked, status: int, faults: Sequence[FieldFault] = (), notice: tuple[str, str] | None = None
    ) -> web.Response:
        pause = paused(asked.event, asked.reader.language, asked.flags)
        told = form_told(asked.event, asked.reader, asked.filled, faults, notice, pause)
        return self.site.private(asked.request, "event.html.j2", status=status, path=asked.path, **told)

    def _review(
        self, asked: Asked, status: int, notice: tuple[str, str] | None = None, *, fresh: bool = False
    ) -> web.Response:
        filled = replace(asked.filled, key=secrets.token_urlsafe(24)) if fresh else asked.filled
        told = form_told(asked.event, asked.reader, filled, (), notice) | review(asked.event, filled, asked.reader)
        return self.site.private(asked.request, "review.html.j2", status=status, path=asked.path, **told)


def form_told(
    event: Event,
    reader: Reader,
    filled: Filled | None = None,
    faults: Sequence[FieldFault] = (),
    notice: tuple[str, str] | None = None,
    pause: Verdict = OPEN,
) -> dict[str, Any]:
    """What an event's page is filled with. `start` is the quantity where none was typed; while sales are paused it has
    the organiser's words in place of the form."""
    paused = ordering.WORDS[reader.language].paused if pause.on else None
    told = offer(event, reader, datetime.now(UTC))
    return {
        "words": events.WORDS[reader.language],
        "ordering": ordering.WORDS[reader.language],
        "offer": told,
        "filled": filled or Filled(),
        "start": "1" if filled is None and sum(1 for kind in told.types if kind.most) == 1 else "0",
        "faults": faults,
        "fault_at": {fault.field: fault.sentence for fault in faults},
        "notice": (paused[0], pause.message or paused[1]) if paused else notice,
        "paused": pause.on,
    }


def _with_stock(asked: Asked, left: dict[str, int]) -> Asked:
    """The event as the refusal found it, which is newer than what we had read."""
    kinds = tuple(replace(kind, available=left.get(str(kind.id), kind.available)) for kind in asked.event.ticket_types)
    return replace(asked, event=replace(asked.event, ticket_types=kinds))


def _key_of(key: str, document: str = "") -> IdempotencyKey:
    """A form's; without a document to give it up, which nothing is compared with."""
    return IdempotencyKey(_digest(f"page {key}"), _digest(document))


def _digest(text: str) -> bytes:
    return sha256(text.encode(errors="surrogatepass")).digest()
