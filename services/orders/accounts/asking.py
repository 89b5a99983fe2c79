"""Who a visitor is, and a link asked for: what pages, the API and the flags have in common."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from services.orders.accounts.cookies import Cookies, new_secret
from services.orders.accounts.signing_in import Doorway, TooOften
from shared.clients import Network, client_of
from shared.web import Problem

RETRY_SECONDS = 900


@dataclass(frozen=True, slots=True)
class Asking:
    """`proxies` are those whose word we take for who asks."""

    doorway: Doorway
    cookies: Cookies
    proxies: Sequence[Network]

    async def ask(self, request: web.Request, response: web.Response, address: str, locale: str) -> None:
        """Have a link sent, and mark the browser that `response` goes to. Raises `Problem` rate-limited.

        A browser that asks twice keeps its mark: both links open in it.
        """
        browser = self.cookies.browser(request) or new_secret()
        try:
            await self.doorway.ask(address, locale, client_of(request, self.proxies), browser)
        except TooOften:
            detail = "Too many links were asked for from here. Use one of those, or try again in a quarter of an hour."
            headers = {"Retry-After": str(RETRY_SECONDS)}
            raise Problem(429, "rate-limited", "Too many links", detail, headers=headers) from None
        self.cookies.set_browser(response, browser)

    async def whose(self, request: web.Request) -> str | None:
        """The address that is signed in where this request comes from; no look for one that brings no session.

        Raises `DatabaseUnavailable`.
        """
        return await self.doorway.whose(self.cookies.session(request))
