"""Who may see an order: its access token, a link signed for one purpose, or its event's organiser."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from services.orders import store
from services.orders.cancelling import By
from services.orders.numbers import read_number
from services.orders.store import StoredOrder
from services.orders.tokens import Purpose, Tokens
from shared.api_keys import Doorkeeper, Right, bearer, is_key
from shared.database import Pool, connection
from shared.web import not_found, unauthorized


@dataclass(frozen=True, slots=True)
class Access:
    pool: "Pool[Any]"
    tokens: Tokens
    door: Doorkeeper

    async def own_order(
        self, request: web.Request, purpose: Purpose | None = None, right: Right | None = None
    ) -> StoredOrder:
        """The order in the request's path, if the caller may see it.

        A signed link counts only for its `purpose`, an organiser's key only where a `right` is named. Answers
        a wrong token and an unknown number alike with 404, so neither tells whether an order exists.
        """
        if right and is_key(bearer(request)):
            return await self._of_own_event(request, right)
        number = read_number(request.match_info["number"])
        signed = self._signed(request, number, purpose)
        token = bearer(request)
        if not signed and not token:
            raise unauthorized("Send the order's access token: Authorization: Bearer <access_token>.")
        if number is None:
            raise not_found()
        async with connection(self.pool) as held:
            order = await store.order(held, number)
        if order is None or not (signed or self.tokens.opens(token, order.id)):
            raise not_found()
        return order

    def side(self, request: web.Request) -> By:
        """As whom someone who may change the order does it."""
        return "organiser" if is_key(bearer(request)) else "buyer"

    async def _of_own_event(self, request: web.Request, right: Right) -> StoredOrder:
        caller = await self.door.caller(request, right)
        number = read_number(request.match_info["number"])
        if number:
            async with connection(self.pool) as held:
                if order := await store.owned_order(held, caller.id, number):
                    return order
        raise not_found()

    async def opened(self, number: str, token: str) -> StoredOrder | None:
        """The order that this access token opens; None for a wrong token and an unknown number alike."""
        async with connection(self.pool) as held:
            order = await store.order(held, number)
        return order if order and self.tokens.opens(token, order.id) else None

    async def bought(self, number: str, address: str) -> StoredOrder | None:
        """The order, if it was bought with this address."""
        async with connection(self.pool) as held:
            return await store.order_of_buyer(held, address, number)

    def _signed(self, request: web.Request, number: str | None, purpose: Purpose | None) -> bool:
        signature = request.query.get("sig")
        if signature is None or purpose is None or number is None:
            return False
        if not self.tokens.link_holds(signature, purpose, number, datetime.now(UTC)):
            raise unauthorized("This link has expired or is damaged. Read the order again for a fresh one.")
        return True
