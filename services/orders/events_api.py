"""The routes of events, as buyers see them and as their organiser edits them: parse, call, answer.

An organiser's key reads at the buyers' addresses too, and gets its own events there, unpublished ones among them.
"""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from services.orders import answer_shapes as shapes
from services.orders import answers, caching, editing, examples, store
from services.orders.browsing import Shelf
from services.orders.catalogue import TicketType
from services.orders.checkout import NO_SUCH_EVENT
from services.orders.described import (
    BUYERS,
    EVENT,
    EVENT_REF,
    EVENTS,
    NEW_EVENT,
    NEW_TICKET_TYPE,
    ORGANISERS,
    OWN_EVENT,
    TICKET_TYPE,
    TYPE_REF,
    UNCHANGED,
)
from services.orders.event_requests import EventFields, EventRequest, TicketTypeFields, parse_event
from services.orders.paging import Page, cursor_after, wanted_page
from services.orders.shapes import parse
from services.orders.store import Owned
from shared.api_keys import Caller, Doorkeeper
from shared.database import Connection, Pool, connection, transaction
from shared.openapi import Patch, described
from shared.openapi.parts import CURSOR, IF_MATCH, IF_NONE_MATCH, LIMIT, ORGANISER_KEY
from shared.web import Problem, invalid, not_found, read_json

KEY, EDITED = (ORGANISER_KEY,), ("precondition-failed",)
NOT_YOURS = "Your organiser has no such event. GET /v1/events with its key lists those it has."


@dataclass(frozen=True, slots=True)
class EventsApi:
    """The parts the routes call, wired in app.py. `on_commit` is called when there may be news to publish."""

    pool: "Pool[Any]"
    shelf: Shelf
    door: Doorkeeper
    public_url: str
    on_commit: Callable[[], None]

    def routes(self) -> list[web.RouteDef]:
        event = "/v1/events/{event}"
        return [
            web.get("/v1/events", self.list_events),
            web.post("/v1/events", self.create_event),
            web.get(event, self.show_event),
            web.patch(event, self.change_event),
            web.post(event + "/publish", self.publish_event),
            web.post(event + "/unpublish", self.unpublish_event),
            web.post(event + "/ticket-types", self.add_ticket_type),
            web.get(event + "/ticket-types/{ticket_type}", self.show_ticket_type),
            web.patch(event + "/ticket-types/{ticket_type}", self.change_ticket_type),
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
        listed: shapes.EventList = {"data": [answers.event(event) for event in listing.events], "next": listing.next}
        return caching.public_json(request, listed, caching.EVENTS)

    @described(BUYERS, EVENT, UNCHANGED, takes=(EVENT_REF, IF_NONE_MATCH), opened_by=KEY, open_to_all=True)
    async def show_event(self, request: web.Request) -> web.Response:
        """Read an event.

        One that is published; with an organiser's key, also one of that organiser's that is not.
        """
        ref = request.match_info["event"]
        if caller := await self.door.caller_if_any(request, "read"):
            async with connection(self.pool) as held:
                owned = await store.owned_event(held, caller.id, ref)
            if owned:
                return _own(owned)
        event = await self.shelf.event(ref)
        if event is None or not event.published:
            raise not_found(NO_SUCH_EVENT, headers=caching.absent(request))
        return caching.public_json(request, answers.event(event), caching.event_key(event.id))

    @described(ORGANISERS, NEW_EVENT, body=EventRequest, body_example=examples.EVENT_REQUEST, opened_by=KEY)
    async def create_event(self, request: web.Request) -> web.Response:
        """Make an event.

        It is not on sale before it is published. Without a `slug`, one is made of the name.
        """
        caller = await self.door.caller(request, "write")
        wanted, faults = parse_event((await read_json(request))[0])
        if wanted is None:
            raise invalid(faults)
        async with transaction(self.pool) as held:
            owned = await editing.create(held, caller.id, wanted)
        return _own(owned, 201, {"Location": f"{self.public_url}/v1/events/{owned.event.id}"})

    @described(
        ORGANISERS,
        OWN_EVENT,
        takes=(EVENT_REF, IF_MATCH),
        body=Patch(EventFields),
        body_example=examples.EVENT_PATCH,
        problems=EDITED,
        opened_by=KEY,
    )
    async def change_event(self, request: web.Request) -> web.Response:
        """Change an event.

        A JSON Merge Patch (RFC 7396): what is left out stays, null takes a value away.
        """
        caller = await self.door.caller(request, "write")
        patch, _ = await read_json(request)
        async with self._editing(request, caller) as (held, owned):
            owned = await editing.change(held, owned, patch)
        return _own(owned)

    @described(ORGANISERS, OWN_EVENT, takes=(EVENT_REF, IF_MATCH), problems=EDITED, opened_by=KEY)
    async def publish_event(self, request: web.Request) -> web.Response:
        """Put an event on sale."""
        return await self._set_published(request, True)

    @described(ORGANISERS, OWN_EVENT, takes=(EVENT_REF, IF_MATCH), problems=EDITED, opened_by=KEY)
    async def unpublish_event(self, request: web.Request) -> web.Response:
        """Take an event off sale.

        Orders that are placed stand.
        """
        return await self._set_published(request, False)

    @described(
        ORGANISERS,
        NEW_TICKET_TYPE,
        takes=(EVENT_REF, IF_MATCH),
        body=TicketTypeFields,
        body_example=examples.TICKET_TYPE_REQUEST,
        problems=EDITED,
        opened_by=KEY,
    )
    async def add_ticket_type(self, request: web.Request) -> web.Response:
        """Add a ticket type to an event."""
        caller = await self.door.caller(request, "write")
        wanted, faults = parse(TicketTypeFields, (await read_json(request))[0])
        if wanted is None:
            raise invalid(faults)
        async with self._editing(request, caller) as (held, owned):
            owned, kind = await editing.add_ticket_type(held, owned, wanted)
        address = f"{self.public_url}/v1/events/{owned.event.id}/ticket-types/{kind.id}"
        return _own_type(owned, kind, 201, {"Location": address})

    @described(ORGANISERS, TICKET_TYPE, takes=(EVENT_REF, TYPE_REF), opened_by=KEY)
    async def show_ticket_type(self, request: web.Request) -> web.Response:
        """Read a ticket type."""
        caller = await self.door.caller(request, "read")
        async with connection(self.pool) as held:
            owned = await own_event(held, caller, request)
        kind = owned.event.ticket_type(request.match_info["ticket_type"])
        if kind is None:
            raise not_found(editing.NO_SUCH_TYPE)
        return _own_type(owned, kind)

    @described(
        ORGANISERS,
        TICKET_TYPE,
        takes=(EVENT_REF, TYPE_REF, IF_MATCH),
        body=Patch(TicketTypeFields),
        body_example=examples.TICKET_TYPE_PATCH,
        problems=EDITED,
        opened_by=KEY,
    )
    async def change_ticket_type(self, request: web.Request) -> web.Response:
        """Change a ticket type.

        A JSON Merge Patch (RFC 7396). The capacity can't go below what is sold.
        """
        caller = await self.door.caller(request, "write")
        patch, _ = await read_json(request)
        async with self._editing(request, caller) as (held, owned):
            owned, kind = await editing.change_ticket_type(held, owned, request.match_info["ticket_type"], patch)
        return _own_type(owned, kind)

    async def _list_own(self, caller: Caller, page: Page) -> web.Response:
        async with connection(self.pool) as held:
            owned = await store.owned_events(held, caller.id, page.after, page.limit + 1)
        following = cursor_after(owned[page.limit - 1].event) if len(owned) > page.limit else None
        shown = [answers.owned_event(one) for one in owned[: page.limit]]
        listed: shapes.OwnedEventList = {"data": shown, "next": following}
        return caching.private(listed)

    async def _set_published(self, request: web.Request, published: bool) -> web.Response:
        caller = await self.door.caller(request, "write")
        async with self._editing(request, caller) as (held, owned):
            owned = await editing.publish(held, owned, published)
        return _own(owned)

    @asynccontextmanager
    async def _editing(self, request: web.Request, caller: Caller) -> AsyncIterator[tuple[Connection, Owned]]:
        """A transaction with the event locked, in the state that `If-Match` names where it is sent."""
        async with transaction(self.pool) as held:
            owned = await own_event(held, caller, request, lock=True)
            _refuse_stale(request, owned)
            yield held, owned
        self.shelf.forget()
        self.on_commit()


async def own_event(held: Connection, caller: Caller, request: web.Request, *, lock: bool = False) -> Owned:
    """The event in the request's path, if it is the caller's. Raises `Problem` not-found."""
    owned = await store.owned_event(held, caller.id, request.match_info["event"], lock=lock)
    if owned is None:
        raise not_found(NOT_YOURS)
    return owned


def _refuse_stale(request: web.Request, owned: Owned) -> None:
    if "If-Match" not in request.headers:
        return
    if not any(known.value in ("*", str(owned.version)) for known in request.if_match or ()):
        detail = "Someone changed the event since you read it. Read it again, and make your change to what it is now."
        raise Problem(412, "precondition-failed", "Changed meanwhile", detail, headers=_etag(owned))


def _own(owned: Owned, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return caching.private(answers.owned_event(owned), status, _etag(owned) | dict(headers or {}))


def _own_type(
    owned: Owned, kind: TicketType, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    return caching.private(answers.ticket_type(kind), status, _etag(owned) | dict(headers or {}))


def _etag(owned: Owned) -> dict[str, str]:
    """Names the state of what is edited; places sold don't change it."""
    return {"ETag": f'"{owned.version}"'}
