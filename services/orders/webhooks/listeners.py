"""Who listens to what, known in memory: a message that nobody listens to costs no statement of its own.

The knowledge is exact, not merely recent: whoever asks waits for a look that began after the question, so a webhook
that was there before a message is told of it. All who ask at once share one look, and there are at most ten a second.
"""

import asyncio
from typing import Any
from uuid import UUID

from services.orders.store import organiser_of
from services.orders.store import webhook_deliveries as store
from services.orders.webhooks.telling import EVERYTHING
from shared.database import Pool, connection

LOOKS_APART_SECONDS = 0.1
# Events whose organiser is remembered; it never changes.
EVENTS_KEPT = 10_000


class Listeners:
    """Reads the webhooks at most every `LOOKS_APART_SECONDS`, and only when somebody asks."""

    def __init__(self, pool: "Pool[Any]") -> None:
        self._pool = pool
        self._types: dict[UUID, frozenset[str]] = {}
        self._organisers: dict[UUID, UUID] = {}
        self._next: asyncio.Task[None] | None = None
        self._looked_at = -LOOKS_APART_SECONDS

    async def any_for(self, kind: str, event: UUID | None) -> bool:
        """Whether a webhook listens to messages of this type, about this event if it is known.

        True when in doubt. Raises `DatabaseUnavailable`.
        """
        await self._look()
        if not any(_listens(types, kind) for types in self._types.values()):
            return False
        if event is None:
            return True
        organiser = await self._organiser(event)
        return organiser is None or _listens(self._types.get(organiser, frozenset()), kind)

    async def _look(self) -> None:
        """Shielded: whoever stops waiting must not stop the look that others wait for."""
        if self._next is None:
            self._next = asyncio.create_task(self._look_when_due())
            # Nobody may be left to read an error of it.
            self._next.add_done_callback(lambda task: task.cancelled() or task.exception())
        await asyncio.shield(self._next)

    async def _look_when_due(self) -> None:
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(0.0, self._looked_at + LOOKS_APART_SECONDS - loop.time()))
        # From here on it may be too early for whoever asks: they wait for the next one.
        self._next = None
        self._looked_at = loop.time()
        async with connection(self._pool) as held:
            self._types = await store.listening(held)

    async def _organiser(self, event: UUID) -> UUID | None:
        if event not in self._organisers:
            async with connection(self._pool) as held:
                organiser = await organiser_of(held, event)
            if organiser is None:
                return None
            if len(self._organisers) >= EVENTS_KEPT:
                self._organisers.clear()
            self._organisers[event] = organiser
        return self._organisers[event]


def _listens(types: frozenset[str], kind: str) -> bool:
    return kind in types or EVERYTHING in types
