"""The broker of a run: a server of its own, and the ways in which it can lose everything."""

import shutil
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote, urlsplit

import asyncpg

from tests.bus.mortal import Mortal, MortalCluster, MortalRedis
from tests.bus.own_redis import OwnRedis, own_redis
from tests.servers.rabbitmq_node import Node, start_node

Transport = Literal["postgres", "redis", "amqp"]
TRANSPORTS: tuple[Transport, ...] = ("postgres", "redis", "amqp")

Deed = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Broker:
    """`server` is None where the database is the broker. `emptied` are the ways to empty it, by name."""

    url: str
    server: Mortal | None
    emptied: Mapping[str, Deed] = field(default_factory=dict)


async def start_broker(transport: Transport, database: str, parts: AsyncExitStack) -> Broker:
    """Ends with `parts`. `database` is the URL of the services' own."""
    match transport:
        case "postgres":
            return Broker(database, None, {"deliveries-deleted": lambda: _delete_deliveries(database)})
        case "redis":
            redis = await own_redis(parts, "--appendonly", "yes", "--appendfsync", "always")
            ways: dict[str, Deed] = {"flushed": lambda: _flush(redis), "restarted-empty": lambda: _lose_files(redis)}
            return Broker(redis.url, MortalRedis(redis), ways)
        case "amqp":
            return await _amqp(parts)


async def _delete_deliveries(database: str) -> None:
    connection = await asyncpg.connect(database)
    try:
        await connection.execute("DELETE FROM bus.deliveries")
    finally:
        await connection.close()


async def _flush(redis: OwnRedis) -> None:
    async with redis.client() as client:
        await client.flushall()


async def _lose_files(redis: OwnRedis) -> None:
    async with redis.client() as client:
        folder = str((await client.config_get("dir"))["dir"])
    await redis.kill()
    shutil.rmtree(Path(folder) / "appendonlydir", ignore_errors=True)
    await redis.start()


async def _amqp(parts: AsyncExitStack) -> Broker:
    node = await start_node("amqp://guest:guest@127.0.0.1", parts)
    vhost = await node.server.create_vhost("chaos")
    cluster = _Cluster(node, vhost)
    ways: dict[str, Deed] = {"purged": cluster.purge, "queues-deleted": cluster.delete, "vhost-deleted": cluster.renew}
    return Broker(vhost, cluster, ways)


@dataclass(frozen=True, slots=True)
class _Cluster:
    """See `Mortal`; killed only when the queues that are there now would survive it."""

    node: Node
    url: str

    async def kill(self) -> None:
        await MortalCluster(self.url, self.node, self.url, [one["name"] for one in await self._queues()]).kill()

    async def start(self) -> None:
        await self.node.start()

    def freeze(self) -> None:
        self.node.freeze()

    def thaw(self) -> None:
        self.node.thaw()

    async def purge(self) -> None:
        for one in await self._queues():
            await self.node.server.ask("DELETE", f"queues/{self._vhost}/{quote(one['name'], safe='')}/contents")

    async def delete(self) -> None:
        for one in await self._queues():
            await self.node.server.ask("DELETE", f"queues/{self._vhost}/{quote(one['name'], safe='')}")

    async def renew(self) -> None:
        await self.node.server.drop_vhost(self.url)
        await self.node.server.create_vhost(self._vhost)

    @property
    def _vhost(self) -> str:
        return urlsplit(self.url).path[1:]

    async def _queues(self) -> list[dict[str, Any]]:
        found: Any = await self.node.server.ask("GET", f"queues/{self._vhost}")
        return list(found or [])
