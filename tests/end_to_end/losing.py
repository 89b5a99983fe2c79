"""The three services in this process, over any transport, each started and stopped as a test likes."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import aiohttp

from services.mailer import app as mailer
from services.mailer.settings import MailerSettings
from services.orders import app as orders
from services.orders import store
from services.orders.reconciling.rules import Waits
from services.orders.settings import OrdersSettings
from services.tickets import app as tickets
from services.tickets.settings import TicketsSettings
from shared.database import Pool, transaction
from tests.end_to_end.buying import Json, Placed, an_order, place, status_of
from tests.end_to_end.installation import Service
from tests.mailer.mail_server import MailServer
from tests.orders.builders import a_new_event
from tests.servers.programs import free_port
from tests.servers.waiting import eventually

# Seconds where an installation waits minutes.
WAITS = Waits(timedelta(seconds=0.5), timedelta(seconds=4), timedelta(seconds=0.3), timedelta(seconds=1))
RECOVERY_SECONDS = 90.0


@dataclass(slots=True)
class Parts:
    """Settings come from the environment. `pool` sees orders' tables."""

    pool: "Pool[Any]"
    mails: MailServer
    http: aiohttp.ClientSession
    port: int
    _running: dict[Service, AsyncExitStack] = field(default_factory=dict)

    async def start(self, *services: Service) -> None:
        for service in services:
            parts = self._running[service] = AsyncExitStack()
            if service == "orders":
                await orders.wire(OrdersSettings(), parts, port=self.port, waits=WAITS)
            elif service == "tickets":
                await tickets.wire(TicketsSettings(), parts, port=free_port())
            else:
                await mailer.wire(MailerSettings(), parts, port=free_port())

    async def stop(self, *services: Service) -> None:
        for service in services:
            await self._running.pop(service).aclose()

    async def stop_all(self) -> None:
        await self.stop(*list(self._running))

    async def place(self, count: int) -> list[Placed]:
        return [await place(self.http, an_order("Ada Lovelace", event="summer-night")) for _ in range(count)]

    async def published(self) -> None:
        """Wait until nothing is owed to the broker any more, by whoever runs."""

        async def nothing_owed() -> bool:
            owed = [await self.pool.fetchval(f"SELECT count(*) FROM {one}.outbox") for one in self._running]
            return not any(owed)

        await eventually(nothing_owed, RECOVERY_SECONDS)

    async def become(self, placed: list[Placed], **fulfilment: str) -> None:
        """Wait until all of them stand so."""

        async def so() -> bool:
            states: list[Json] = [(await status_of(self.http, one))["fulfilment"] for one in placed]
            return all(state | fulfilment == state for state in states)

        await eventually(so, RECOVERY_SECONDS)

    async def mailed(self, placed: list[Placed]) -> None:
        """Wait until the mailer has noted that all of their mails went, and its reports have gone to the broker."""
        numbers = [one.number for one in placed]

        async def noted() -> bool:
            query = "SELECT count(*) FROM mailer.mails WHERE number = ANY($1::text[]) AND status = 'sent'"
            return bool(await self.pool.fetchval(query, numbers) == len(numbers))

        await eventually(noted, RECOVERY_SECONDS)
        await self.published()

    def mails_to(self, placed: list[Placed]) -> list[int]:
        """How many each got."""
        recipients = [mail.recipient for mail in self.mails.received]
        return [recipients.count(one.email) for one in placed]

    async def news_of(self, placed: Placed) -> list[str]:
        rows = await self.pool.fetch("SELECT name FROM orders.order_news WHERE number = $1 ORDER BY id", placed.number)
        return [row["name"] for row in rows]

    async def put_on_sale(self) -> None:
        async with transaction(self.pool) as held:
            organiser = await store.add_organiser(held, "Lakeside Concerts")
            await store.add_event(held, organiser, a_new_event())


@asynccontextmanager
async def parts_of(pool: "Pool[Any]", mails: MailServer, port: int) -> AsyncIterator[Parts]:
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
        parts = Parts(pool, mails, http, port)
        await parts.put_on_sale()
        try:
            yield parts
        finally:
            await parts.stop_all()
