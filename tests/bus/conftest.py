"""A Redis of one's own, in the Redis that all tests share."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis


@pytest.fixture
async def redis_bus_url(redis_url: str, redis_prefix: str) -> AsyncIterator[str]:
    """A fresh prefix, whose keys go afterwards."""
    yield f"{redis_url}{'&' if '?' in redis_url else '?'}prefix={redis_prefix}"
    async with Redis.from_url(redis_url) as client:
        if keys := [key async for key in client.scan_iter(f"{redis_prefix}*", count=1000)]:
            await client.delete(*keys)
