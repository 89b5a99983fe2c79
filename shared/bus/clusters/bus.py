"""A bus of buses."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import structlog

from shared.bus.closing import Once
from shared.bus.clusters.cluster import Cluster
from shared.bus.clusters.failover import Failover
from shared.bus.protocol import (
    Bus,
    BusError,
    BusUnavailable,
    DeadLetter,
    Handler,
    Message,
    QueueStatus,
    Subscription,
)

log = structlog.get_logger()

T = TypeVar("T")

# A frozen broker keeps an operator waiting no longer.
ASK_SECONDS = 10.0


class ClustersBus:
    """See `shared.bus.protocol.Bus` for what each method promises. At least one cluster is consumed.

    Looks and counts are over all clusters that answer within 10 seconds; the others are noted in `unasked`, and
    `BusUnavailable` is raised when none does. A letter that is found nowhere while one did not answer is
    `BusUnavailable` too, since it may be there.
    """

    def __init__(self, clusters: Sequence[Cluster], patience: float) -> None:
        self._clusters = clusters
        self._consumed = [cluster for cluster in clusters if cluster.consumed]
        self._failover = Failover(clusters, patience)
        self._close = Once()
        self.unasked: set[str] = set()

    async def publish(self, messages: Sequence[Message]) -> list[BusError | None]:
        if self._close.begun:
            return [BusUnavailable("this bus is closed")] * len(messages)
        return await self._failover.publish(messages)

    async def declare(self, queue: str, keys: Sequence[str]) -> None:
        await asyncio.gather(*(cluster.bus.declare(queue, keys) for cluster in self._clusters))

    async def subscribe(self, subscription: Subscription, handler: Handler) -> None:
        async def join(cluster: Cluster) -> None:
            if cluster.consumed:
                await cluster.bus.subscribe(subscription, handler)
            else:
                await cluster.bus.declare(subscription.queue, subscription.keys)

        await asyncio.gather(*(join(cluster) for cluster in self._clusters))

    async def dead_letters(self, queue: str, limit: int = 100) -> list[DeadLetter]:
        answers, _ = await self._ask_all(lambda bus: bus.dead_letters(queue, limit))
        return sorted((letter for letters in answers for letter in letters), key=lambda each: each.died_at)[:limit]

    async def replay(self, queue: str, message_id: str) -> bool:
        return _anywhere(*await self._ask_all(lambda bus: bus.replay(queue, message_id)))

    async def discard(self, queue: str, message_id: str) -> bool:
        return _anywhere(*await self._ask_all(lambda bus: bus.discard(queue, message_id)))

    async def status(self, queues: Sequence[str]) -> list[QueueStatus]:
        answers, _ = await self._ask_all(lambda bus: bus.status(queues))
        return [_sum(statuses) for statuses in zip(*answers, strict=True)]

    def healthy(self) -> bool:
        """Whether one cluster can be published to and one is there with every subscription served."""
        published = any(cluster.in_service and cluster.bus.healthy() for cluster in self._clusters)
        return published and any(cluster.bus.healthy() for cluster in self._consumed) and not self._close.begun

    async def close(self, grace: timedelta = timedelta(seconds=5)) -> None:
        await self._close.run(lambda: self._close_all(grace))

    async def _close_all(self, grace: timedelta) -> None:
        await self._failover.close()
        await asyncio.gather(*(cluster.bus.close(grace) for cluster in self._clusters))

    async def _ask_all(self, question: Callable[[Bus], Awaitable[T]]) -> tuple[list[T], BusUnavailable | None]:
        """The answers there are, and why one is missing. Raises that when there is no answer at all."""
        missing: BusUnavailable | None = None

        async def ask(cluster: Cluster) -> list[T]:
            nonlocal missing
            try:
                async with asyncio.timeout(ASK_SECONDS):
                    return [await question(cluster.bus)]
            except (TimeoutError, BusUnavailable) as error:
                log.warning("bus.cluster_not_asked", cluster=cluster.name, error=f"{error!r}")
                self.unasked.add(cluster.name)
                missing = error if isinstance(error, BusUnavailable) else BusUnavailable("no answer in time")
                return []

        if self._close.begun:
            raise BusUnavailable("this bus is closed")
        answers = [answer for some in await asyncio.gather(*map(ask, self._consumed)) for answer in some]
        if missing and not answers:
            raise missing
        return answers, missing


def _anywhere(found: Sequence[bool], missing: BusUnavailable | None) -> bool:
    if missing and not any(found):
        raise BusUnavailable(f"not found, and one cluster could not be asked: {missing}") from missing
    return any(found)


def _sum(parts: Sequence[QueueStatus]) -> QueueStatus:
    ages = [part.oldest for part in parts if part.oldest is not None]
    return QueueStatus(
        queue=parts[0].queue,
        ready=sum(part.ready for part in parts),
        in_flight=sum(part.in_flight for part in parts),
        waiting=sum(part.waiting for part in parts),
        dead=sum(part.dead for part in parts),
        oldest=max(ages, default=None),
    )
