"""The routes that read events, as buyers see them and as their organiser does: parse, call, answer.

An organiser's key reads at the buyers' addresses too, and gets its own events there, unpublished ones among them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from services.orders import answer_shapes as shapes
from services.orders import answers, caching, store
from services.orders.browsing import Shelf
from services.orders.catalogue import TicketType
from services.orders.checkout import NO_SUCH_EVENT
from services.orders.described import BUYERS, EVENT, EVENT_REF, EVENTS, ORGANISERS, TICKET_TYPE, TYPE_REF, UNCHANGED
from services.orders.editing import NO_SUCH_TYPE
from services.orders.paging import Page, cursor_after, wanted_page
from services.orders.store import Owned
from shared.api_keys import Caller, Doorkeeper
from shared.database import Connection, Pool, connection
from shared.openapi import described
from shared.openapi.parts import CURSOR, IF_NONE_MATCH, LIMIT, ORGANISER_KEY
from shared.web import not_found

KEY = (ORGANISER_KEY,)
NOT_YOURS = "Your organiser has no such event. GET /v1/events with its key lists those it has."


@dataclass(frozen=True, slots=True)
class EventsApi:
    """The parts the routes call, wired in app.py."""

    pool: "Pool[Any]"
    shelf: Shelf
    door: Doorkeeper

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/events", self.list_events),
            web.get("/v1/events/{event}", self.show_event),
            web.get("/v1/events/{event}/ticket-types/{ticket_type}", self.show_ticket_type),
        ]

    @described(BUYERS, EVENTS, UNCHANGED, takes=(LIMIT, CURSOR, IF_NONE_MATCH), opened_by=KEY, open_to_all=True)
    async def list_events(self, request: web.Request) -> web.Response:
        """List events by their start.

        Those that are published; with an organiser's key, all of that organiser's.
        """
        page = wanted_page(request.query)
        if caller := await self.door.caller_if_any(request, "read"):
            return await self._list_own(caller, page)
        listing = await self.shelf.listing(page)
        listed: shapes.EventList = {"data": answers.events(listing.events), "next": listing.next}
        return caching.public_json(request, listed, caching.EVENTS)

    @described(BUYERS, EVENT, UNCHANGED, takes=(EVENT_REF, IF_NONE_MATCH), opened_by=KEY, open_to_all=True)
    async def show_event(self, request: web.Request) -> web.Response:
        """Read an event.

        One that is published; with an organiser's key, also one of that organiser's that is not.
        """
        ref = request.match_info["event"]
        caller = await self.door.caller_if_any(request, "read")
        if caller:
            async with connection(self.pool) as held:
                owned = await store.owned_event(held, caller.id, ref)
            if owned:
                return own_answer(owned)
        event = await self.shelf.event(ref)
        if event is None or not event.published:
            raise not_found(NO_SUCH_EVENT, headers=None if caller else caching.absent(request))
        if caller:
            return caching.private(answers.event(event))
        return caching.public_json(request, answers.event(event), caching.event_key(event.id))

    @described(ORGANISERS, TICKET_TYPE, takes=(EVENT_REF, TYPE_REF), opened_by=KEY)
    async def show_ticket_type(self, request: web.Request) -> web.Response:
        """Read a ticket type."""
        caller = await self.door.caller(request, "read")
        async with connection(self.pool) as held:
            owned = await own_event(held, caller, request)
        kind = owned.event.ticket_type(request.match_info["ticket_type"])
        if kind is None:
            raise not_found(NO_SUCH_TYPE)
        return own_type_answer(owned, kind)

    async def _list_own(self, caller: Caller, page: Page) -> web.Response:
        async with connection(self.pool) as held:
            owned = await store.owned_events(held, caller.id, page.after, page.limit + 1)
        following = cursor_after(owned[page.limit - 1].event) if len(owned) > page.limit else None
        listed: shapes.OwnedEventList = {"data": answers.owned_events(owned[: page.limit]), "next": following}
        return caching.private(listed)


async def own_event(held: Connection, caller: Caller, request: web.Request, *, lock: bool = False) -> Owned:
    """The event in the request's path, if it is the caller's. Raises `Problem` not-found."""
    owned = await store.owned_event(held, caller.id, request.match_info["event"], lock=lock)
    if owned is None:
        raise not_found(NOT_YOURS)
    return owned


def own_answer(owned: Owned, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return caching.private(answers.owned_event(owned), status, etag(owned) | dict(headers or {}))


def own_type_answer(
    owned: Owned, kind: TicketType, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    return caching.private(answers.ticket_type(kind), status, etag(owned) | dict(headers or {}))


def etag(owned: Owned) -> dict[str, str]:
    """Names the state of what is edited; places sold don't change it."""
    return {"ETag": f'"{owned.version}"'}
