"""The routes by which organisers make, change and publish their events: parse, call, answer."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from aiohttp import web

from services.orders import editing, examples
from services.orders.browsing import Shelf
from services.orders.described import (
    EVENT_REF,
    NEW_EVENT,
    NEW_TICKET_TYPE,
    ORGANISERS,
    OWN_EVENT,
    TICKET_TYPE,
    TYPE_REF,
)
from services.orders.event_requests import EventFields, EventRequest, TicketTypeFields, parse_event
from services.orders.events_api import KEY, etag, own_answer, own_event, own_type_answer
from services.orders.shapes import parse
from services.orders.store import Owned
from shared.api_keys import Caller, Doorkeeper
from shared.database import Connection, Pool, transaction
from shared.openapi import Patch, described
from shared.openapi.parts import IF_MATCH
from shared.web import Problem, invalid, read_json

EDITED = ("precondition-failed",)
PUBLISHED = (*EDITED, "invalid")


@dataclass(frozen=True, slots=True)
class EditingApi:
    """The parts the routes call, wired in app.py. `on_commit` is called when there may be news to publish."""

    pool: "Pool[Any]"
    shelf: Shelf
    door: Doorkeeper
    public_url: str
    on_commit: Callable[[], None]

    def routes(self) -> list[web.RouteDef]:
        event = "/v1/events/{event}"
        return [
            web.post("/v1/events", self.create_event),
            web.patch(event, self.change_event),
            web.post(event + "/publish", self.publish_event),
            web.post(event + "/unpublish", self.unpublish_event),
            web.post(event + "/ticket-types", self.add_ticket_type),
            web.patch(event + "/ticket-types/{ticket_type}", self.change_ticket_type),
        ]

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
            # Made before the commit, here and below: what can't be answered is not kept.
            return own_answer(owned, 201, {"Location": f"{self.public_url}/v1/events/{owned.event.id}"})

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
            return own_answer(await editing.change(held, owned, patch))

    @described(ORGANISERS, OWN_EVENT, takes=(EVENT_REF, IF_MATCH), problems=PUBLISHED, opened_by=KEY)
    async def publish_event(self, request: web.Request) -> web.Response:
        """Put an event on sale."""
        return await self._set_published(request, True)

    @described(ORGANISERS, OWN_EVENT, takes=(EVENT_REF, IF_MATCH), problems=PUBLISHED, opened_by=KEY)
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
            return own_type_answer(owned, kind, 201, {"Location": address})

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
            return own_type_answer(owned, kind)

    async def _set_published(self, request: web.Request, published: bool) -> web.Response:
        caller = await self.door.caller(request, "write")
        async with self._editing(request, caller) as (held, owned):
            return own_answer(await editing.publish(held, owned, published))

    @asynccontextmanager
    async def _editing(self, request: web.Request, caller: Caller) -> AsyncIterator[tuple[Connection, Owned]]:
        """A transaction with the event locked, in the state that `If-Match` names where it is sent."""
        async with transaction(self.pool) as held:
            owned = await own_event(held, caller, request, lock=True)
            _refuse_stale(request, owned)
            yield held, owned
        self.shelf.forget()
        self.on_commit()


def _refuse_stale(request: web.Request, owned: Owned) -> None:
    if "If-Match" not in request.headers:
        return
    if not any(known.value in ("*", str(owned.version)) for known in request.if_match or ()):
        detail = "Someone changed the event since you read it. Read it again, and make your change to what it is now."
        raise Problem(412, "precondition-failed", "Changed meanwhile", detail, headers=etag(owned))
