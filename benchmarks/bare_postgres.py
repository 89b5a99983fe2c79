"""Plain SQL: a table as a queue, `SKIP LOCKED`, one message's lock held while it is handled; in batches."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

PUBLISH_BATCH = 500
CONSUME_BATCH = 50


class Client:
    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def publish(self, count: int, body: bytes) -> None:
        for start in range(0, count, PUBLISH_BATCH):
            bodies = [body] * min(PUBLISH_BATCH, count - start)
            await self._connection.execute("INSERT INTO bare_queue (body) SELECT unnest($1::bytea[])", bodies)

    async def consume(self, count: int) -> None:
        left = count
        while left:
            async with self._connection.transaction():
                rows = await self._connection.fetch(
                    "SELECT id, body FROM bare_queue ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED", CONSUME_BATCH
                )
                await self._connection.execute(
                    "DELETE FROM bare_queue WHERE id = ANY($1::bigint[])", [row["id"] for row in rows]
                )
            left -= len(rows)


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Client]:
    connection = await asyncpg.connect(url)
    await connection.execute(
        "CREATE TABLE bare_queue (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body bytea NOT NULL)"
    )
    try:
        yield Client(connection)
    finally:
        await connection.execute("DROP TABLE bare_queue")
        await connection.close()
