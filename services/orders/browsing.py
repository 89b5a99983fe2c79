"""Events as buyers see them: read from the database at most twice a second, however many ask."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

from services.orders import store
from services.orders.catalogue import Event
from services.orders.paging import Page, cursor_after
from services.orders.slugs import REFERENCE
from shared.database import Pool, connection

FRESH_SECONDS = 0.5
KEPT = 1000

K = TypeVar("K")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """Some of the published events; each reading is its own, as an `Event` is. `next` is the cursor of what follows."""

    events: Sequence[Event]
    next: str | None


class Shelf:
    """Events by id or slug, at most `FRESH_SECONDS` old; what matters is decided again under lock."""

    def __init__(self, pool: "Pool[Any]") -> None:
        self._pool = pool
        self._events: _Fresh[str, Event | None] = _Fresh()
        self._listings: _Fresh[Page, Listing] = _Fresh()

    async def event(self, ref: str) -> Event | None:
        """None for what is not there; unpublished events are given too. Raises `DatabaseUnavailable`."""
        if not REFERENCE.fullmatch(ref):
            return None
        return await self._events.get(ref, partial(self._read_event, ref))

    async def event_now(self, ref: str) -> Event | None:
        """The same, read anew: what is kept is known to be older than an answer."""
        self._events.drop(ref)
        return await self.event(ref)

    async def listing(self, page: Page) -> Listing:
        """The published events by their start. Raises `DatabaseUnavailable`."""
        return await self._listings.get(page, partial(self._read_listing, page))

    def forget(self) -> None:
        """An event was changed here: whoever asks from now on sees it. Other processes follow in `FRESH_SECONDS`."""
        self._events.forget()
        self._listings.forget()

    async def _read_event(self, ref: str) -> Event | None:
        async with connection(self._pool) as held:
            return await store.event(held, ref)

    async def _read_listing(self, page: Page) -> Listing:
        async with connection(self._pool) as held:
            events = await store.published_events(held, page.after, page.limit + 1, coming=page.coming)
        following = cursor_after(events[page.limit - 1]) if len(events) > page.limit else None
        return Listing(events[: page.limit], following)


@dataclass(slots=True)
class _Kept(Generic[T]):
    until: float
    reading: "asyncio.Task[T]"


class _Fresh(Generic[K, T]):
    """What was read within `FRESH_SECONDS`, one reading for all who ask meanwhile; a failed one is not kept."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._kept: OrderedDict[K, _Kept[T]] = OrderedDict()

    async def get(self, key: K, read: Callable[[], Coroutine[Any, Any, T]]) -> T:
        now = self._loop.time()
        kept = self._kept.get(key)
        if kept is None or kept.until < now or _failed(kept.reading):
            kept = self._kept[key] = _Kept(now + FRESH_SECONDS, self._loop.create_task(read()))
            self._kept.move_to_end(key)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return kept.reading.result() if kept.reading.done() else await asyncio.shield(kept.reading)

    def drop(self, key: K) -> None:
        self._kept.pop(key, None)

    def forget(self) -> None:
        self._kept.clear()


def _failed(task: "asyncio.Task[Any]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
