"""redis-py alone: a stream, a group, entries added in pipelines, read and acknowledged in batches."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from redis.asyncio import Redis

STREAM, GROUP = "bench:bare", "bench"
PUBLISH_BATCH = 500
CONSUME_BATCH = 50


class Client:
    def __init__(self, redis: Any) -> None:
        self._redis = redis

    async def publish(self, count: int, body: bytes) -> None:
        await self._redis.xgroup_create(STREAM, GROUP, id="0", mkstream=True)
        for start in range(0, count, PUBLISH_BATCH):
            pipeline = self._redis.pipeline(transaction=True)
            for _ in range(min(PUBLISH_BATCH, count - start)):
                pipeline.xadd(STREAM, {"body": body})
            await pipeline.execute()

    async def consume(self, count: int) -> None:
        left = count
        while left:
            ((_, entries),) = await self._redis.xreadgroup(GROUP, "one", {STREAM: ">"}, count=CONSUME_BATCH)
            ids = [identity for identity, _ in entries]
            pipeline = self._redis.pipeline(transaction=True)
            pipeline.xack(STREAM, GROUP, *ids).xdel(STREAM, *ids)
            await pipeline.execute()
            left -= len(entries)
        await self._redis.delete(STREAM)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Client]:
    redis = Redis.from_url(url.partition("?")[0], protocol=2)
    try:
        yield Client(redis)
    finally:
        await redis.aclose()
