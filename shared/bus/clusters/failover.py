"""Publishing to the first cluster that confirms."""

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial

import structlog

from shared.background import Background
from shared.bus.backoff import waits
from shared.bus.clusters.cluster import Cluster, is_outage
from shared.bus.protocol import BusError, BusUnavailable, Message, Refused, Unroutable

log = structlog.get_logger()

# As many as a transport has unconfirmed at once, and as many bytes as it takes well within anyone's patience.
CHUNK_MESSAGES = 200
CHUNK_BYTES = 8 * 1_048_576
FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS = 0.2, 2.0


class Failover:
    """Publishes, and knows which clusters are in service.

    A cluster that is away or takes too long is put aside, and the message goes to the next; a message that
    it refuses, or has no queue for, goes to the next alone. When none is in service, all are tried.
    """

    def __init__(self, clusters: Sequence[Cluster], patience: float) -> None:
        """`patience` is what the clusters have with each confirm, in seconds; with opening a channel, a chunk may
        take twice that.
        """
        self._clusters = clusters
        self._seconds = 2 * patience
        self._background = Background()
        for cluster in clusters:
            self._background.start(f"bring back {cluster.name}", partial(self._bring_back, cluster))

    async def publish(self, messages: Sequence[Message]) -> list[BusError | None]:
        outcomes: list[BusError | None] = []
        for chunk in chunks(messages):
            outcomes += await self._publish_chunk(chunk)
        return outcomes

    async def close(self) -> None:
        await self._background.close()

    async def _publish_chunk(self, messages: Sequence[Message]) -> list[BusError | None]:
        outcomes: list[BusError | None] = [None] * len(messages)
        left = list(range(len(messages)))
        for cluster in [each for each in self._clusters if each.in_service] or self._clusters:
            told = await self._try(cluster, [messages[place] for place in left])
            for place, outcome in zip(left, told, strict=True):
                outcomes[place] = outcome and _graver(outcomes[place], outcome)
            left = [place for place in left if isinstance(outcomes[place], BusUnavailable | Unroutable)]
            if not left:
                break
        return outcomes

    async def _try(self, cluster: Cluster, messages: Sequence[Message]) -> list[BusError | None]:
        try:
            async with asyncio.timeout(self._seconds):
                told = await cluster.bus.publish(messages)
        except TimeoutError:
            told = [BusUnavailable(f"{cluster.name} did not confirm in time")] * len(messages)
        outage = next((outcome for outcome in told if is_outage(outcome)), None)
        if outage and cluster.in_service:
            log.warning("bus.cluster_aside", cluster=cluster.name, error=str(outage))
            cluster.aside.set()
        return told

    async def _bring_back(self, cluster: Cluster) -> None:
        """Whenever it is put aside, ask until it answers."""
        while True:
            await cluster.aside.wait()
            for pause in waits(FIRST_WAIT_SECONDS, LONGEST_WAIT_SECONDS):
                await asyncio.sleep(pause)
                if await self._takes_messages(cluster):
                    break
            cluster.aside.clear()
            log.info("bus.cluster_back", cluster=cluster.name)

    async def _takes_messages(self, cluster: Cluster) -> bool:
        try:
            async with asyncio.timeout(self._seconds):
                return await cluster.bus.takes_messages()
        except TimeoutError:
            return False


def chunks(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    """Few enough and small enough that a cluster which takes them takes them in time, in their order."""
    start = size = 0
    for place, message in enumerate(messages):
        size += len(message.body)
        if place > start and (place - start == CHUNK_MESSAGES or size > CHUNK_BYTES):
            yield messages[start:place]
            start, size = place, len(message.body)
    if messages:
        yield messages[start:]


def _graver(before: BusError | None, now: BusError) -> BusError:
    """What to tell of a message that nobody took: an unknown outcome anywhere leaves it unknown."""
    return max(before or now, now, key=lambda error: (is_outage(error), isinstance(error, Refused)))
