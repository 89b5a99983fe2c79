"""The routes of events: parse, call, answer."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from services.orders import answers, caching
from services.orders.browsing import Shelf
from services.orders.checkout import NO_SUCH_EVENT
from services.orders.paging import wanted_page
from shared.database import Pool
from shared.web import not_found


@dataclass(frozen=True, slots=True)
class EventsApi:
    """The parts the routes call, wired in app.py."""

    pool: "Pool[Any]"
    shelf: Shelf

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/events", self.list_events),
            web.get("/v1/events/{event}", self.show_event),
        ]

    async def list_events(self, request: web.Request) -> web.Response:
        listing = await self.shelf.listing(wanted_page(request.query))
        listed = {"data": [answers.event(event) for event in listing.events], "next": listing.next}
        return caching.public_json(request, listed, caching.EVENTS)

    async def show_event(self, request: web.Request) -> web.Response:
        event = await self.shelf.event(request.match_info["event"])
        if event is None or not event.published:
            raise not_found(NO_SUCH_EVENT, headers=caching.absent(request))
        return caching.public_json(request, answers.event(event), caching.event_key(event.id))
