"""What an organiser changes is taken out of the caches in front, instead of being shown for up to a minute more."""

import asyncio
from collections.abc import Sequence
from errno import ECONNREFUSED

import aiohttp
import structlog

from services.orders import caching
from services.orders.browsing import FRESH_SECONDS
from shared.bus import Bus, Delivery, Done, Later, Subscription, Verdict
from shared.bus.typed import handling
from shared.messages import EventChanged
from shared.queues import queue_of

log = structlog.get_logger()

SERVICE = "edge"
# After so many attempts, 36 seconds or more, the minute for which a cache keeps anything is as good as over.
ATTEMPTS = 4
ANSWER_SECONDS = 2.0
# By then no process has the event on its shelf as it was, and what it made of that has reached the cache.
SHELVES_FORGET_SECONDS = FRESH_SECONDS + 0.4


class Purger:
    """Tells each cache the surrogate keys of a changed event; `caches` are the addresses of their inner listeners."""

    def __init__(
        self, http: aiohttp.ClientSession, caches: Sequence[str], shelves_forget: float = SHELVES_FORGET_SECONDS
    ) -> None:
        self._http = http
        self._caches = caches
        self._shelves_forget = shelves_forget
        self._away: set[str] = set()

    async def subscribe(self, bus: Bus) -> None:
        subscription = Subscription(queue_of(SERVICE, EventChanged), (EventChanged.key,))
        await bus.subscribe(subscription, handling(EventChanged, self.purge))

    async def purge(self, changed: EventChanged, delivery: Delivery) -> Verdict:
        """Twice: at once, and again for what a process has answered meanwhile from its shelf."""
        if not self._caches:
            return Done()
        keys = f"{caching.event_key(changed.event.id)} {caching.EVENTS}"
        await self._purge_all(keys)
        await asyncio.sleep(self._shelves_forget)
        failed = await self._purge_all(keys)
        if not failed:
            return Done()
        if delivery.attempt < ATTEMPTS:
            return Later(f"not purged: {', '.join(sorted(failed))}")
        log.warning("edge.purge-failed", caches=sorted(failed), changed=changed.event.id)
        return Done()

    async def _purge_all(self, keys: str) -> set[str]:
        """The caches that did not take it."""
        taken = await asyncio.gather(*(self._purge_at(cache, keys) for cache in self._caches))
        return {cache for cache, done in zip(self._caches, taken, strict=True) if not done}

    async def _purge_at(self, cache: str, keys: str) -> bool:
        """Whether it holds nothing of this any more. One that is not running holds nothing at all."""
        try:
            within = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
            async with self._http.request("PURGE", cache, headers={"Surrogate-Key": keys}, timeout=within) as answer:
                self._away.discard(cache)
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            if not _nobody_is_there(error):
                return False
            if cache not in self._away:
                self._away.add(cache)
                log.warning("edge.cache-away", cache=cache)
            return True


def _nobody_is_there(error: Exception) -> bool:
    """Nothing listens at the address, or the name leads nowhere."""
    return isinstance(error, aiohttp.ClientConnectorDNSError) or (
        isinstance(error, aiohttp.ClientConnectorError) and error.os_error.errno == ECONNREFUSED
    )
