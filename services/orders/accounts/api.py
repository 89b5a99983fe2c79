"""The route by which a program asks for a link, as the page does."""

from dataclasses import dataclass

from aiohttp import web

from services.orders.accounts.asking import Asking
from services.orders.accounts.requests import SignInRequest
from services.orders.answer_shapes import SignInAsked
from services.orders.caching import private
from services.orders.described import BUYERS
from services.orders.shapes import parse
from shared.openapi import Gives, described
from shared.web import invalid, read_json

ANSWER: SignInAsked = {
    "detail": "If mail can reach this address, a link to sign in is on its way. "
    "It is good for 15 minutes, once, and only in the browser that asked for it."
}
ASKED = Gives(202, "The same for every address.", SignInAsked, example=ANSWER)


@dataclass(frozen=True, slots=True)
class SignInApi:
    asking: Asking

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/v1/sign-in", self.ask)]

    @described(BUYERS, ASKED, body=SignInRequest)
    async def ask(self, request: web.Request) -> web.Response:
        """Ask for a link to sign in.

        It comes by mail, and opens only in the browser that this answer's cookie went to.
        """
        wanted, faults = parse(SignInRequest, (await read_json(request))[0])
        if wanted is None:
            raise invalid(faults)
        response = private(ANSWER, 202)
        await self.asking.ask(request, response, wanted.email, wanted.locale)
        return response
