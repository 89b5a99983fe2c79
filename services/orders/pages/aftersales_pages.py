"""What a buyer may still ask for on an order's page: the tickets once more, or to call it off after a second look."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from services.orders.pages import policy, unsure
from services.orders.pages.confirming_pages import ConfirmingPages
from services.orders.pages.readers import reader_of
from services.orders.pages.wording import confirming, frame
from services.orders.pages.wording import unsure as unsure_words
from services.orders.store import StoredOrder
from shared.database import DatabaseUnavailable, OutcomeUnknown
from shared.web import Problem


@dataclass(frozen=True, slots=True)
class AftersalesPages:
    """Forms that work without scripts; whatever is refused is said on the order's page."""

    confirming: ConfirmingPages

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/orders/{number}/resend", self.back),
            web.post("/orders/{number}/resend", self.resend),
            web.get("/orders/{number}/cancel", self.ask),
            web.post("/orders/{number}/cancel", self.cancel),
            web.get("/orders/{number}/outcome", self.look),
        ]

    async def resend(self, request: web.Request) -> web.Response:
        policy.refuse_strangers(request)
        order = await self.confirming.opening.own_order(request)
        if order is None:
            return self.confirming.locked(request)
        asked = await self.confirming.aftersales.flags.of(request)
        try:
            await self.confirming.aftersales.resend(order, "buyer", asked)
        except OutcomeUnknown:
            return self._unsure(request, order, resend=str(order.fulfilment.mail.revision))
        except Problem as problem:
            order = await self.confirming.opening.own_order(request) or order
            if not (problem.slug == "rate-limited" and order.fulfilment.email == "pending"):
                return await self._refused(request, order, problem)
            # The second of two clicks: the mail is on its way already.
        return self._to_order(request, order)

    async def back(self, request: web.Request) -> web.Response:
        """Where a refusal was shown, come to again by its address."""
        return self.confirming.site.see(reader_of(request).link(f"/orders/{request.match_info['number']}"))

    async def ask(self, request: web.Request) -> web.Response:
        """The second look: changes nothing."""
        order = await self.confirming.opening.own_order(request)
        if order is None:
            return self.confirming.locked(request)
        if order.status == "cancelled":
            return self._to_order(request, order)
        return await self.confirming.page(request, order, template="cancel.html.j2")

    async def cancel(self, request: web.Request) -> web.Response:
        policy.refuse_strangers(request)
        order = await self.confirming.opening.own_order(request)
        if order is None:
            return self.confirming.locked(request)
        try:
            await self.confirming.aftersales.cancel(order, by="buyer")
        except OutcomeUnknown:
            return self._unsure(request, order, cancel="1")
        except Problem as problem:
            return await self._refused(request, order, problem)
        return self._to_order(request, order)

    async def look(self, request: web.Request) -> web.Response:
        """What became of a wish of which nobody could tell: `?cancel=1`, or `?resend=` the mail's revision before."""
        wish = {name: request.query[name] for name in ("cancel", "resend") if name in request.query}
        try:
            order = await self.confirming.opening.own_order(request)
            if order is None:
                return self.confirming.locked(request)
            order = await self.confirming.aftersales.settled(order)
        except DatabaseUnavailable:
            return self._looks_again(request, request.match_info["number"], wish)
        if _done(order, wish):
            return self._to_order(request, order)
        words = unsure_words.WORDS[reader_of(request).language]
        return await self.confirming.page(request, order, 200, words.not_done)

    def _unsure(self, request: web.Request, order: StoredOrder, **wish: str) -> web.Response:
        return self._looks_again(request, order.number, wish)

    def _looks_again(self, request: web.Request, number: str, wish: Mapping[str, str]) -> web.Response:
        look = reader_of(request).link(f"/orders/{number}/outcome", **wish)
        return unsure.page(self.confirming.site, request, look, f"/orders/{number}")

    async def _refused(self, request: web.Request, order: StoredOrder, problem: Problem) -> web.Response:
        language = reader_of(request).language
        words, organiser = confirming.WORDS[language], (await self.confirming.aftersales.event_of(order)).organiser
        heading, what_now = {
            "rate-limited": words.too_often,
            "too-late": words.too_late,
            "forbidden": (frame.WORDS[language].refused[0], words.ask_organiser),
        }.get(problem.slug, (frame.WORDS[language].refused[0], words.not_now))
        notice = (heading, what_now.format(organiser=organiser))
        response = await self.confirming.page(request, order, problem.status, notice)
        response.headers.update(problem.headers)
        return response

    def _to_order(self, request: web.Request, order: StoredOrder) -> web.Response:
        return self.confirming.site.see(reader_of(request).link(f"/orders/{order.number}"))


def _done(order: StoredOrder, wish: Mapping[str, str]) -> bool:
    """Whether what was wished for is so, or nothing was."""
    before = wish.get("resend", "")
    if "cancel" in wish:
        return order.status == "cancelled"
    return not before.isdecimal() or str(order.fulfilment.mail.revision) != before
