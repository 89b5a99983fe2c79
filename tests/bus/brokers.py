"""What the conformance suite needs of a transport, and what it may not know."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta

from shared.bus import Bus, connect
from shared.bus.clusters.opening import open_clusters
from shared.bus.connecting import open_one
from shared.bus.postgres import PostgresBus
from shared.bus.redis import RedisBus
from tests.bus.faults import FaultProxies, FaultProxy

DEFAULT_PORTS = {"postgresql": 5432, "amqp": 5672, "redis": 6379}
# Long, so that a busy machine is not taken for a broken cluster: the message would come twice.
PATIENCE_SECONDS = 2.0
# Short, so that what a killed process held comes back while a test waits.
LEASE = timedelta(seconds=1)


async def open_bus(url: str, source: str = "test") -> Bus:
    """As `connect` does, with leases short enough for tests, and patience long enough."""
    if "," in url:
        return await open_clusters(url.split(","), source, open_one, PATIENCE_SECONDS)
    if url.startswith("postgresql"):
        return await PostgresBus.open(url, source, lease=LEASE)
    if url.startswith("redis"):
        return await RedisBus.open(url, source, lease=LEASE)
    return await connect(url, source=source)


@dataclass(slots=True)
class Broker:
    """A fresh, empty broker. Buses made by `connect` are closed when the test ends."""

    url: str
    parts: AsyncExitStack
    opened: list[Bus] = field(default_factory=list)

    async def connect(self, url: str = "") -> Bus:
        bus = await open_bus(url or self.url)
        self.opened.append(bus)
        self.parts.push_async_callback(bus.close, timedelta(0))
        return bus

    async def proxy(self) -> FaultProxies:
        """A line to this broker that can be cut; of several brokers, the lines to all."""
        port = DEFAULT_PORTS[self.url.partition("://")[0]]
        proxy = FaultProxies([FaultProxy(url, port) for url in self.url.split(",")])
        await proxy.start()
        self.parts.push_async_callback(proxy.stop)
        return proxy


async def healthy(bus: Bus) -> None:
    """Wait until the bus is connected and serves its subscriptions."""
    async with asyncio.timeout(30):
        while not bus.healthy():
            await asyncio.sleep(0.01)
