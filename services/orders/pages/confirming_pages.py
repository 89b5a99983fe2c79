"""An order's own page, for whoever holds its token: the number, how far it has come, the tickets."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web

from services.orders.aftersales import AfterSales, resend_by_buyer
from services.orders.downloading import Downloads
from services.orders.numbers import read_number
from services.orders.pages import policy
from services.orders.pages.forms import read_form
from services.orders.pages.offers import offer
from services.orders.pages.opening import Opening
from services.orders.pages.readers import reader_of
from services.orders.pages.site import Site
from services.orders.pages.standing import choices, standing
from services.orders.pages.wording import confirming, events, ordering, signing
from services.orders.store import StoredOrder
from services.orders.tokens import Tokens


@dataclass(frozen=True, slots=True)
class ConfirmingPages:
    """Whoever may not see an order reads the same, whether there is one or not."""

    site: Site
    opening: Opening
    downloads: Downloads
    tokens: Tokens
    aftersales: AfterSales

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/orders/{number}", self.show),
            web.post("/orders/{number}", self.unlock),
            web.get("/orders/{number}/tickets.pdf", self.download),
        ]

    async def show(self, request: web.Request) -> web.Response:
        number = read_number(request.match_info["number"])
        if number and number != request.match_info["number"]:
            return self.site.see(reader_of(request).link(f"/orders/{number}"))
        order = await self.opening.own_order(request)
        return await self.page(request, order) if order else self.locked(request)

    async def unlock(self, request: web.Request) -> web.Response:
        """The token of a link's fragment, brought by the page's script, becomes the cookie."""
        policy.refuse_strangers(request)
        token = dict(await read_form(request)).get("token", "")
        order = await self.opening.opened_by(request, token)
        if order is None:
            return self.locked(request)
        response = self.site.see(reader_of(request).link(f"/orders/{order.number}"))
        self.opening.let_in(response, order.number, order.id)
        return response

    async def download(self, request: web.Request) -> web.Response:
        order = await self.opening.own_order(request)
        return await self.downloads.tickets(order) if order else self.locked(request)

    async def page(
        self,
        request: web.Request,
        order: StoredOrder,
        status: int = 200,
        notice: tuple[str, str] | None = None,
        template: str = "order.html.j2",
    ) -> web.Response:
        """`notice` is why nothing came of what was asked."""
        event = await self.aftersales.event_of(order)
        reader, now = reader_of(request), datetime.now(UTC)
        resend = resend_by_buyer(order, event, await self.aftersales.flags.of(request))
        age = timedelta(0) if order.fulfilment.settled else await self.aftersales.age_of_wish(order)
        signature = self.tokens.link_signatures(order.number, now)["progress"]
        told: dict[str, Any] = {
            "offer": offer(event, reader, now),
            "event_words": events.WORDS[reader.language],
            "ordering": ordering.WORDS[reader.language],
            "stream": f"/v1/orders/{order.number}/progress?sig={signature}",
            "notice": notice,
            "faults": (),
            "choices": choices(order, event, resend, reader, now),
            "path": f"/orders/{order.number}",
        }
        return self.site.private(request, template, status=status, **told, **standing(order, reader, age))

    def locked(self, request: web.Request) -> web.Response:
        """The way to its own order is by its account for whoever is signed in, and by signing in for others."""
        language = reader_of(request).language
        told = {"words": confirming.WORDS[language], "sign_in": signing.WORDS[language].title[0]}
        path = f"/orders/{request.match_info['number']}"
        return self.site.private(request, "locked.html.j2", status=404, path=path, **told)
