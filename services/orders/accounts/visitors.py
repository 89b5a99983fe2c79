"""Who a visitor is, for what goes by the address that has signed in."""

from typing import Any

from aiohttp import web

from services.orders import store
from services.orders.accounts.cookies import Cookies, hash_of
from shared.database import Pool, connection
from shared.flags import Whose


def visitors(pool: "Pool[Any]", public_url: str) -> Whose:
    """Tells a request's address by its session, and None without a look for a request that brings none.

    What it gives raises `DatabaseUnavailable`.
    """
    cookies = Cookies(public_url)

    async def whose(request: web.Request) -> str | None:
        session = cookies.session(request)
        if session is None:
            return None
        async with connection(pool) as held:
            return await store.session_address(held, hash_of(session))

    return whose
