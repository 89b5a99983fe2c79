"""The routes by which organisers follow their sales: parse, call, answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp import web

from services.orders import attendees, caching, report_answers, store
from services.orders.described import ATTENDEES, EVENT_REF, ORDERS, ORGANISERS, SALES, SEARCH, STATUS
from services.orders.events_api import own_event
from services.orders.numbers import read_number
from services.orders.paging import next_after, read_page
from services.orders.sales import beginnings, days_between
from services.orders.showing import each_shown
from services.orders.store import Owned, Wanted
from shared.api_keys import Doorkeeper
from shared.database import DatabaseUnavailable, Pool, connection
from shared.openapi import described
from shared.openapi.parts import CURSOR, LIMIT, ORGANISER_KEY
from shared.values.texts import printable
from shared.web import Fault, invalid

log = structlog.get_logger()

STATUSES = ("confirmed", "cancelled")
MAX_SEARCH = 200
# Some 100 KB of CSV at a time, whatever the number of attendees.
PAGE_OF_ATTENDEES = 1000


@dataclass(frozen=True, slots=True)
class ReportsApi:
    """The parts the routes call, wired in app.py."""

    pool: "Pool[Any]"
    door: Doorkeeper
    public_url: str

    def routes(self) -> list[web.RouteDef]:
        event = "/v1/events/{event}"
        return [
            web.get(event + "/orders", self.list_orders),
            web.get(event + "/attendees.csv", self.download_attendees),
            web.get(event + "/sales", self.show_sales),
        ]

    @described(ORGANISERS, ORDERS, takes=(EVENT_REF, SEARCH, STATUS, LIMIT, CURSOR), opened_by=(ORGANISER_KEY,))
    async def list_orders(self, request: web.Request) -> web.Response:
        """List an event's orders, the latest first."""
        caller = await self.door.caller(request, "read")
        limit, before, faults = read_page(request.query)
        wanted = _wanted(request.query, faults)
        if faults:
            raise invalid(faults)
        async with connection(self.pool) as held:
            owned = await own_event(held, caller, request)
            orders = await store.orders_of(held, owned, wanted, before, limit + 1)
        following = next_after(orders[limit - 1].id) if len(orders) > limit else None
        listed = report_answers.listed_orders(orders[:limit], self.public_url)
        return caching.private({"data": listed, "next": following})

    @described(ORGANISERS, ATTENDEES, takes=(EVENT_REF,), opened_by=(ORGANISER_KEY,))
    async def download_attendees(self, request: web.Request) -> web.StreamResponse:
        """Download an event's attendees.

        CSV (RFC 4180) in UTF-8, a line for each ticket that holds. What a spreadsheet would calculate has an apostrophe
        before it.
        """
        # A page after the other, no connection held while the client reads: a slow one is in nobody's way.
        caller = await self.door.caller(request, "read")
        async with connection(self.pool) as held:
            owned = await own_event(held, caller, request)
            page = await store.attendees_of(held, owned, None, PAGE_OF_ATTENDEES)
        response = web.StreamResponse(headers=caching.PRIVATE | _as_file(owned))
        response.content_type, response.charset = "text/csv", "utf-8"
        await response.prepare(request)
        try:
            await response.write(attendees.header())
            while page:
                told = each_shown(page, lambda one: attendees.rows([one]), lambda one: one.ticket)
                await response.write(b"".join(told))
                async with connection(self.pool) as held:
                    page = await store.attendees_of(held, owned, page[-1], PAGE_OF_ATTENDEES)
        except (ConnectionResetError, DatabaseUnavailable) as error:
            _cut(request, error)
            return response
        await response.write_eof()
        return response

    @described(ORGANISERS, SALES, takes=(EVENT_REF,), opened_by=(ORGANISER_KEY,))
    async def show_sales(self, request: web.Request) -> web.Response:
        """Read an event's sales, by ticket type and by day."""
        caller = await self.door.caller(request, "read")
        async with connection(self.pool) as held:
            owned = await own_event(held, caller, request)
            span = await store.sales_span(held, owned)
            zone = owned.event.timezone
            days = days_between(*span, zone) if span else []
            sold = await store.sales_of(held, owned, beginnings(days, zone)) if span else []
        return caching.private(report_answers.sales(owned.event, days, sold))


def _wanted(query: Mapping[str, str], faults: list[Fault]) -> Wanted:
    """Which orders are asked for; what is wrong is added to `faults`."""
    status, text = query.get("status"), query.get("q", "").strip()
    if status is not None and status not in STATUSES:
        faults.append(Fault("/status", f"Give {' or '.join(STATUSES)}, or leave it out."))
    try:
        if len(printable(text)) > MAX_SEARCH:
            raise ValueError(f"Look for at most {MAX_SEARCH} characters.")
    except ValueError as error:
        faults.append(Fault("/q", str(error)))
    return Wanted(status, text or None, read_number(text))


def _as_file(owned: Owned) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{owned.event.slug}-attendees.csv"'}


def _cut(request: web.Request, error: Exception) -> None:
    """Half a list must not look like a whole one: the answer breaks off."""
    log.warning("attendees.cut", reason=type(error).__name__)
    if request.transport:
        request.transport.abort()
