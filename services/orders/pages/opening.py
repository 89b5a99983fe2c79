"""Who may see an order's page: a cookie that holds its access token, good for that one page and what is under it, or
being signed in with the address that bought it, for as long as that lasts.

The token never stands in an address that is sent: it comes by a form's answer, or in a link's fragment.
"""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from aiohttp import web

from services.orders.access import Access
from services.orders.accounts.asking import Asking
from services.orders.numbers import read_number
from services.orders.store import StoredOrder
from services.orders.tokens import Tokens

COOKIE = "boxoffice_order"
# Long enough for the tickets to come and be read; a shared computer forgets by itself.
LIFETIME = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Opening:
    """`secure`: the site is served over TLS, and so the cookie is sent over nothing else."""

    access: Access
    tokens: Tokens
    asking: Asking
    secure: bool

    def let_in(self, response: web.Response, number: str, order: UUID) -> None:
        response.set_cookie(
            COOKIE,
            self.tokens.access_token(order),
            path=f"/orders/{number}",
            max_age=int(LIFETIME.total_seconds()),
            httponly=True,
            secure=self.secure,
            samesite="Lax",
        )

    async def own_order(self, request: web.Request) -> StoredOrder | None:
        """The order in the path, when this browser may see it; None tells nothing of whether there is one."""
        return await self.opened_by(request, request.cookies.get(COOKIE, "")) or await self._bought(request)

    async def opened_by(self, request: web.Request, token: str) -> StoredOrder | None:
        number = read_number(request.match_info["number"])
        return await self.access.opened(number, token) if number and token else None

    async def _bought(self, request: web.Request) -> StoredOrder | None:
        """Signing out, here or everywhere, closes the page again: there is no cookie of its own that would stay."""
        number = read_number(request.match_info["number"])
        address = await self.asking.whose(request) if number else None
        return await self.access.bought(number, address) if number and address else None
