"""The routes of the orders service: parse, call, answer."""

from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, cast

from aiohttp import web

from services.orders import answer_shapes as shapes
from services.orders import answers, examples
from services.orders.access import Access
from services.orders.aftersales import AfterSales
from services.orders.caching import PRIVATE, private
from services.orders.checkout import Checkout
from services.orders.committing import Answer
from services.orders.described import (
    ASKED,
    BUYERS,
    CANCELLED,
    NUMBER,
    ORDER,
    PLACED,
    PROGRESS,
    PROGRESS_OVER,
    TICKETS_PDF,
)
from services.orders.downloading import Downloads
from services.orders.placing import IdempotencyKey
from services.orders.progress import NewsDesk
from services.orders.requests import KEY_LENGTHS, OrderRequest
from services.orders.store import StoredOrder
from services.orders.streaming import last_event_id, nothing_more, progress_events
from services.orders.tokens import Tokens
from shared.database import DatabaseUnavailable, Pool
from shared.openapi import described
from shared.openapi.parts import IDEMPOTENCY_KEY, LAST_EVENT_ID, ORDER_TOKEN, ORGANISER_KEY, SIGNED_LINK
from shared.openapi.problem_kinds import PROBLEM_JSON
from shared.web import Fault, invalid, read_body


@dataclass(frozen=True, slots=True)
class OrdersApi:
    """The parts the routes call, wired in app.py."""

    pool: "Pool[Any]"
    checkout: Checkout
    aftersales: AfterSales
    desk: NewsDesk
    downloads: Downloads
    tokens: Tokens
    access: Access
    public_url: str

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/v1/orders", self.place_order),
            web.get("/v1/orders/{number}", self.show_order),
            web.get("/v1/orders/{number}/progress", self.stream_progress),
            web.get("/v1/orders/{number}/tickets.pdf", self.download_tickets),
            web.post("/v1/orders/{number}/cancel", self.cancel_order),
            web.post("/v1/orders/{number}/resend", self.resend_tickets),
        ]

    @described(
        BUYERS,
        PLACED,
        takes=(IDEMPOTENCY_KEY,),
        body=OrderRequest,
        body_example=examples.ORDER_REQUEST,
        problems=(
            *("not-found", "sold-out", "price-changed", "not-on-sale"),
            *("idempotency-conflict", "idempotency-mismatch"),
        ),
    )
    async def place_order(self, request: web.Request) -> web.Response:
        """Place an order.

        All of it or nothing. Send an `Idempotency-Key`, and a request whose answer was lost can be repeated without
        fear of a second order. A refusal (409) is repeated too: send a new key with a changed wish.
        With an `expected_total`, what the buyer agreed to, nothing is ordered at another price.
        """
        self.checkout.refuse_when_full()
        key = _idempotency_key(request)
        raw = await read_body(request)
        wanted, event = await self.checkout.read(raw)
        idempotency = IdempotencyKey(key, sha256(raw).digest()) if key else None
        asked = await self.checkout.flags.of(request)
        return self._answer(await self.checkout.place(wanted, event, idempotency, asked))

    @described(BUYERS, ORDER, takes=(NUMBER,), opened_by=(ORDER_TOKEN, ORGANISER_KEY))
    async def show_order(self, request: web.Request) -> web.Response:
        """Read an order."""
        order = await self.access.own_order(request, right="read")
        return private(self._shown(order, await self._event_of(order)))

    @described(BUYERS, PROGRESS, PROGRESS_OVER, takes=(NUMBER, LAST_EVENT_ID), opened_by=(ORDER_TOKEN, SIGNED_LINK))
    async def stream_progress(self, request: web.Request) -> web.StreamResponse:
        """Follow an order.

        Server-sent events, for a browser's `EventSource`: `order.placed`, `tickets.issued`, `email.sent` and so on,
        each with `confirmation_number` and `at` in its data. Open it by the order's `links.progress`.
        It ends when nothing more comes; who then reconnects, as browsers do, is told so by 204, at which they stop.
        """
        order, seen = await self.access.own_order(request, "progress"), last_event_id(request)
        if await nothing_more(self.pool, order, seen):
            return web.Response(status=204, headers=PRIVATE)
        response = web.StreamResponse(headers=PRIVATE | {"X-Accel-Buffering": "no"})
        response.content_type = "text/event-stream"
        await response.prepare(request)
        try:
            async with aclosing(progress_events(self.pool, self.desk, order, seen)) as events:
                async for event in events:
                    await response.write(event)
        except (ConnectionResetError, DatabaseUnavailable):
            # The reader went away, or the news can't be read now: it comes back with Last-Event-ID.
            return response
        await response.write_eof()
        return response

    @described(
        BUYERS, TICKETS_PDF, takes=(NUMBER,), problems=("not-ready", "void"), opened_by=(ORDER_TOKEN, SIGNED_LINK)
    )
    async def download_tickets(self, request: web.Request) -> web.Response:
        """Download the tickets.

        A page for each ticket. The order's `links.tickets_pdf` works as a plain link.
        """
        order = await self.access.own_order(request, "tickets.pdf")
        return await self.downloads.tickets(order)

    @described(BUYERS, CANCELLED, takes=(NUMBER,), problems=("too-late",), opened_by=(ORDER_TOKEN, ORGANISER_KEY))
    async def cancel_order(self, request: web.Request) -> web.Response:
        """Cancel an order.

        Its tickets are void from now on, its places are on sale again, and its buyer gets a mail that says so. Buyers
        can cancel until the event begins, its organiser's key with the right `write` always can. Safe to repeat.
        """
        order = await self.access.own_order(request, right="write")
        event = await self._event_of(order)
        return private(self._shown(await self.aftersales.cancel(order, by=self.access.side(request)), event))

    @described(BUYERS, ASKED, takes=(NUMBER,), problems=("not-ready", "void"), opened_by=(ORDER_TOKEN, ORGANISER_KEY))
    async def resend_tickets(self, request: web.Request) -> web.Response:
        """Have the tickets mailed again.

        To the buyer's address; each request is one more mail, at most once a minute and ten times a day. While the
        first one is overdue it is asked for once more instead.
        """
        order = await self.access.own_order(request, right="write")
        event, asked = await self._event_of(order), await self.aftersales.flags.of(request)
        return private(self._shown(await self.aftersales.resend(order, self.access.side(request), asked), event), 202)

    async def _event_of(self, order: StoredOrder) -> shapes.EventSummary:
        """In the form of the answer, so that an order whose event can't be told is changed in nothing."""
        return cast(shapes.EventSummary, answers.encoded(answers.event_summary(await self.aftersales.event_of(order))))

    def _shown(self, order: StoredOrder, event: shapes.EventSummary) -> shapes.Order:
        """As it stands, without its access token."""
        members = answers.order_members(
            number=order.number,
            status=order.status,
            placed_at=order.placed_at,
            event=event,
            buyer={"name": order.buyer_name, "email": order.buyer_email},
            lines=order.lines,
            total=answers.money(order.total, order.currency),
            fulfilment=order.fulfilment,
        )
        links = answers.links(order.number, self.public_url, self.tokens, datetime.now(UTC))
        return {**members, "links": links}

    def _answer(self, answer: Answer) -> web.Response:
        headers = PRIVATE | ({"Idempotent-Replayed": "true"} if answer.replayed else {})
        if answer.order is None:
            return web.Response(status=answer.status, body=answer.body, content_type=PROBLEM_JSON, headers=headers)
        body, headers["Location"] = answers.whole(answer.body, answer.order, self.public_url, self.tokens)
        return web.Response(status=answer.status, body=body, content_type="application/json", headers=headers)


def _idempotency_key(request: web.Request) -> bytes | None:
    """The key's digest, which is all that is kept of it."""
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return None
    if len(key) not in KEY_LENGTHS or not key.isascii() or not key.isprintable():
        raise invalid([Fault("", "Idempotency-Key: send 16 to 255 printable characters, or leave it out.")])
    return sha256(key.encode()).digest()
