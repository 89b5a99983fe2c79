"""What someone sees who has signed in: the orders of their address, the events of their organisers, the way out."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from aiohttp import web
from babel.dates import format_date
from babel.numbers import format_decimal

from services.orders import store
from services.orders.accounts.cookies import SESSION, Cookies
from services.orders.accounts.seals import FIELD, Seals
from services.orders.accounts.signing_in import Doorway
from services.orders.pages import policy
from services.orders.pages.forms import read_form
from services.orders.pages.opening import Opening
from services.orders.pages.readers import Reader, reader_of
from services.orders.pages.site import Site
from services.orders.pages.wording import account
from services.orders.showing import each_shown
from services.orders.store import OwnEvent, OwnOrder
from shared.database import connection
from shared.web import not_found

ORDERS_A_PAGE = 20


@dataclass(frozen=True, slots=True)
class AccountPages:
    """`opening` knows whose an order is."""

    site: Site
    doorway: Doorway
    cookies: Cookies
    seals: Seals
    opening: Opening

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/account", self.show),
            web.get("/account/orders/{number}", self.open_order),
            web.post("/sign-out", self.leave),
        ]

    async def show(self, request: web.Request) -> web.Response:
        reader, session = reader_of(request), self.cookies.session(request)
        address = await self.doorway.whose(session)
        if address is None or session is None:
            return self._to_sign_in(reader)
        before = _moment(request.query.get("before", ""))
        async with connection(self.doorway.pool) as held:
            orders = await store.orders_of_buyer(held, address, before, ORDERS_A_PAGE + 1)
            events = await store.events_of_member(held, address)
        listed = orders[:ORDERS_A_PAGE]
        return self.site.private(
            request,
            "account.html.j2",
            words=account.WORDS[reader.language],
            address=address,
            orders=each_shown(listed, lambda order: _told_order(order, reader), lambda order: order.number),
            events=each_shown(events, lambda event: _told_event(event, reader), lambda event: event.slug),
            older=_older(listed, reader) if len(orders) > ORDERS_A_PAGE else "",
            seal=self.seals.of(session),
        )

    async def open_order(self, request: web.Request) -> web.Response:
        """Where whoever is led here signs in first: the way to the page of one's own order."""
        reader = reader_of(request)
        if await self.doorway.whose(self.cookies.session(request)) is None:
            return self._to_sign_in(reader)
        order = await self.opening.own_order(request)
        if order is None:
            raise not_found()
        return self.site.see(reader.link(f"/orders/{order.number}"))

    async def leave(self, request: web.Request) -> web.Response:
        policy.refuse_strangers(request)
        session, form = self.cookies.session(request), dict(await read_form(request))
        response = self.site.see(reader_of(request).link("/"))
        if session:
            self.seals.check(session, form.get(FIELD, ""))
            await (self.doorway.leave_everywhere if "everywhere" in form else self.doorway.leave)(session)
        self.cookies.drop(response, SESSION)
        return response

    def _to_sign_in(self, reader: Reader) -> web.Response:
        return self.site.see(reader.link("/sign-in"))


def _told_order(order: OwnOrder, reader: Reader) -> Mapping[str, Any]:
    words = account.WORDS[reader.language]
    return {
        "number": order.number,
        "event": order.event,
        "on": format_date(order.placed_at, "medium", reader.locale),
        "places": words.places.format(count=format_decimal(order.places, locale=reader.locale)),
        "cancelled": order.status == "cancelled",
    }


def _told_event(event: OwnEvent, reader: Reader) -> Mapping[str, Any]:
    sold, capacity = (format_decimal(count, locale=reader.locale) for count in (event.sold, event.capacity))
    return {
        "slug": event.slug,
        "name": event.name,
        "organiser": event.organiser,
        "on": format_date(event.starts_at, "medium", reader.locale),
        "published": event.published,
        "sold": account.WORDS[reader.language].sold.format(sold=sold, capacity=capacity),
    }


def _older(listed: list[OwnOrder], reader: Reader) -> str:
    return reader.link("/account", before=listed[-1].placed_at.isoformat())


def _moment(text: str) -> datetime | None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    return at if at.tzinfo else None
