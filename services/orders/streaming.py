"""An order's progress as server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from aiohttp import web

from services.orders import answers, store
from services.orders.progress import KEEP_ALIVE_SECONDS, NewsDesk
from services.orders.store import StoredOrder
from shared.database import Pool, connection

# Before the first id: the stream is read from its beginning.
BEGINNING = -1
MAX_ID_DIGITS = 18


def last_event_id(request: web.Request) -> int:
    given = request.headers.get("Last-Event-ID", "")
    return int(given) if given.isascii() and given.isdigit() and len(given) <= MAX_ID_DIGITS else BEGINNING


async def nothing_more(pool: "Pool[Any]", order: StoredOrder, after: int) -> bool:
    """Whether who saw the event `after` saw all there will be."""
    if after == BEGINNING or not order.fulfilment.settled:
        return False
    async with connection(pool) as held:
        return not await store.news(held, order.number, after)


async def progress_events(
    pool: "Pool[Any]", desk: NewsDesk, order: StoredOrder, after: int
) -> AsyncGenerator[bytes, None]:
    """What happened to the order past the id `after`, and what happens next, until nothing more comes."""
    if after == BEGINNING:
        yield _event(0, "order.placed", {"confirmation_number": order.number, "at": order.placed_at})
    with desk.watch(order.number) as woken:
        while True:
            woken.clear()
            # The state before the news: whatever makes it settled is then among the news read after it.
            async with connection(pool) as held:
                current = await store.order(held, order.number)
                news = await store.news(held, order.number, max(after, 0))
            for item in news:
                yield _event(item.id, item.name, item.data | {"at": item.at})
                after = item.id
            if current is None or current.fulfilment.settled:
                return
            try:
                async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                    await woken.wait()
            except TimeoutError:
                yield b": keep-alive\n\n"


def _event(identity: int, name: str, data: dict[str, Any]) -> bytes:
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (identity, name.encode(), answers.encode(data))
