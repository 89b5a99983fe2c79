"""From an address to a session: a link by mail, good once, for a quarter of an hour, in the browser that asked.

A link is sent to every address, be it a buyer's or not: nothing that we answer, and no mail, tells whom we know.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog

from services.orders import store
from services.orders.accounts.cookies import hash_of, new_secret
from services.orders.accounts.rules import Standing, identity, standing, verdict, whereabouts
from shared import messages, outbox
from shared.database import Pool, connection, transaction
from shared.identifiers import uuid7

log = structlog.get_logger()


class TooOften(Exception):
    """Too many links were asked for from there; none was sent."""


@dataclass(frozen=True, slots=True)
class Doorway:
    """`on_commit` is called when there is a mail to be sent."""

    pool: "Pool[Any]"
    public_url: str
    on_commit: Callable[[], None]

    async def ask(self, address: str, locale: str, client: str, browser: str) -> None:
        """Send a link to the address, if it is not too soon for another; the caller can't tell. Raises `TooOften`.

        `browser` is the secret of the browser that asks, and the only one that the link will open.
        """
        token = new_secret()
        async with transaction(self.pool) as held:
            place = hash_of(whereabouts(client))
            what = verdict(await store.links_asked(held, identity(address), place))
            if what == "refuse":
                raise TooOften
            if what == "send":
                expires_at = await store.add_link(held, hash_of(token), hash_of(browser), identity(address), place)
                fact = messages.SignInRequested(
                    id=str(uuid7()),
                    address=address,
                    link=f"{self.public_url}/sign-in/{token}",
                    expires_at=expires_at,
                    locale=locale,
                )
                await outbox.add(held, [messages.message(fact, source="orders")])
        log.info("sign-in.asked", sent=what == "send")
        self.on_commit()

    async def standing(self, token: str, browser: str | None) -> Standing:
        async with connection(self.pool) as held:
            found = await store.link(held, hash_of(token), hash_of(browser or ""))
        return standing(found, datetime.now(UTC))

    async def enter(self, token: str, browser: str | None, former: str | None) -> str | None:
        """A new session's secret, once for each link. `former` is the session that the browser had, which ends: whoever
        may have planted it there is not let in with us. None when the link is not good."""
        if browser is None:
            return None
        secret = new_secret()
        async with transaction(self.pool) as held:
            address = await store.use_link(held, hash_of(token), hash_of(browser))
            if address is None:
                return None
            if former:
                await store.end_session(held, hash_of(former))
            await store.add_session(held, hash_of(secret), address)
        log.info("sign-in.done")
        return secret

    async def whose(self, session: str | None) -> str | None:
        """The address that is signed in with this session's secret."""
        if session is None:
            return None
        async with connection(self.pool) as held:
            return await store.session_address(held, hash_of(session))

    async def leave(self, session: str) -> None:
        async with transaction(self.pool) as held:
            await store.end_session(held, hash_of(session))

    async def leave_everywhere(self, session: str) -> None:
        async with transaction(self.pool) as held:
            if address := await store.session_address(held, hash_of(session)):
                await store.end_all_sessions(held, address)
        log.info("sign-in.left-everywhere")
