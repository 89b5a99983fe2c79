"""Events as buyers see them: read from the database at most once a second, however many ask."""

import asyncio
import re
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from services.orders import store
from services.orders.catalogue import Event
from shared.database import Pool, connection

FRESH_SECONDS = 1.0
KEPT = 1000

_REFERENCE = re.compile(r"[A-Za-z0-9-]{1,100}")


@dataclass(slots=True)
class _Kept:
    until: float
    event: "asyncio.Task[Event | None]"


class Shelf:
    """Events by id or slug, at most `FRESH_SECONDS` old; what matters is decided again under lock."""

    def __init__(self, pool: "Pool[Any]") -> None:
        self._pool = pool
        self._loop = asyncio.get_running_loop()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    async def event(self, ref: str) -> Event | None:
        """None for what is not there; unpublished events are given too. Raises `DatabaseUnavailable`."""
        now = self._loop.time()
        kept = self._kept.get(ref)
        if kept is None or kept.until < now or _failed(kept.event):
            if not _REFERENCE.fullmatch(ref):
                return None
            kept = self._kept[ref] = _Kept(now + FRESH_SECONDS, self._loop.create_task(self._read(ref)))
            self._kept.move_to_end(ref)
            if len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return kept.event.result() if kept.event.done() else await asyncio.shield(kept.event)

    async def _read(self, ref: str) -> Event | None:
        async with connection(self._pool) as held:
            return await store.event(held, ref)


def _failed(task: "asyncio.Task[Event | None]") -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
