"""What Redis keeps when it dies, and what a confirm has to wait for.

    appendonly no               everything is lost: logged at the start, confirms mean "in memory"
    appendfsync always          on disk before Redis answers: the answer is the confirm. Recommended
    appendfsync everysec, no    on disk within a second: a confirm waits for it with WAITAOF (Redis 7.2 and
                                later, Valkey), so a publish takes up to a second; an older Redis may lose
                                the last second of what it confirmed, which is logged at the start

Whatever the setting, a failover loses what the replica had not yet been sent: Redis replicates after it
answers. The outbox can't know; where that must not be, use RabbitMQ or Postgres.
"""

from dataclasses import dataclass

import structlog
from redis.exceptions import NoPermissionError, ResponseError

from shared.bus.redis.sessions import Sessions

log = structlog.get_logger()

WAITAOF_SINCE = (7, 2)
RECOMMENDED = "run it with `appendonly yes` and `appendfsync always`"


@dataclass(frozen=True, slots=True)
class Durability:
    """`waits`: a write is on disk only after WAITAOF. `loses`: what a crash takes with it; None is nothing."""

    waits: bool
    loses: str | None


async def look(sessions: Sessions) -> Durability:
    """Ask the server how it is set up. Raises `BusUnavailable`."""
    async with sessions.use() as client:
        try:
            info = await client.info("server", "persistence")
        except NoPermissionError:
            return Durability(waits=False, loses="what it does not tell us: INFO is forbidden")
        version = tuple(int(part) for part in str(info.get("redis_version", "0.0")).split(".")[:2])
        if not info.get("aof_enabled"):
            return Durability(waits=False, loses="everything since its last snapshot")
    if await _fsyncs_always(sessions):
        return Durability(waits=False, loses=None)
    if version >= WAITAOF_SINCE:
        return Durability(waits=True, loses=None)
    return Durability(waits=False, loses="the last second")


def report(durability: Durability) -> None:
    if durability.loses:
        log.warning("bus.redis_not_durable", loses_in_a_crash=durability.loses, advice=RECOMMENDED)


async def _fsyncs_always(sessions: Sessions) -> bool:
    """A server that doesn't show its settings, as hosted ones don't, is taken for one that flushes every second."""
    async with sessions.use() as client:
        try:
            return bool((await client.config_get("appendfsync")).get("appendfsync") == "always")
        except ResponseError as error:
            log.info("bus.redis_settings_hidden", error=str(error))
            return False
