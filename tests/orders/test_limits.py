"""Too much, too large, too slow: turned away or cut off, and nobody else pays for it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from services.orders.batching import Limits, Overloaded, Placer
from services.orders.catalogue import Event
from services.orders.committing import Answer
from shared import service
from shared.background import Background
from shared.database import DatabaseUnavailable, Pool
from shared.web import problems, read_body
from tests.orders.builders import a_request, an_order
from tests.orders.conftest import Orders
from tests.orders.test_batching import event, types_locked, waiting_for_a_lock

__all__ = ["event"]

ORDER = json.dumps(a_request()).encode()
HEAD = b"POST /v1/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


async def exchange(port: int, *chunks: bytes) -> bytes:
    """What comes back until the server hangs up, or the first answer is whole."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(20):
            try:
                writer.write(b"".join(chunks))
                await writer.drain()
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
                return head + await reader.readexactly(length)
            except ConnectionResetError:
                return b""
    finally:
        writer.close()


def status(answer: bytes) -> int:
    return int(answer.split()[1])


def slug(answer: bytes) -> str:
    return str(json.loads(answer.partition(b"\r\n\r\n")[2])["type"]).rpartition(":")[2]


@pytest.mark.parametrize(
    "nonsense",
    [
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
        HEAD + b"X-Long: " + b"a" * 100_000 + b"\r\n\r\n",
        HEAD + b"".join(b"X-%d: a\r\n" % n for n in range(2000)) + b"\r\n",
        HEAD + b"Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde",
        b"\x16\x03\x01\x02\x00" * 20,
    ],
    ids=["address", "field", "fields", "two lengths", "no HTTP"],
)
async def test_what_is_no_proper_http_is_refused_and_fills_no_log(
    orders: Orders, free_port: int, nonsense: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    assert status(await exchange(free_port, nonsense)) == 400
    assert "Error" not in "".join(capfd.readouterr())


@pytest.mark.parametrize(
    "body",
    [
        b"Content-Length: 70000\r\n\r\n" + b"x" * 70_000,
        b"Transfer-Encoding: chunked\r\n\r\n" + (b"8000\r\n" + b"x" * 0x8000 + b"\r\n") * 3,
    ],
    ids=["announced", "chunked"],
)
async def test_a_body_over_64_kib_is_refused(orders: Orders, free_port: int, body: bytes) -> None:
    answer = await exchange(free_port, HEAD, body)
    assert (status(answer), slug(answer)) == (413, "too-large")


async def test_a_compressed_body_is_not_unpacked(orders: Orders, free_port: int) -> None:
    answer = await exchange(free_port, HEAD, b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc")
    assert (status(answer), slug(answer)) == (415, "unsupported-media-type")


async def test_a_body_that_does_not_come_is_not_waited_for(free_port: int) -> None:
    async def read(request: web.Request) -> web.Response:
        return web.Response(body=await read_body(request, within=0.05))

    app = web.Application(middlewares=[problems])
    app.add_routes([web.post("/v1/orders", read)])
    async with AsyncExitStack() as parts:
        await service.listen(parts, app, free_port)
        answer = await exchange(free_port, HEAD, b"Content-Length: 100\r\n\r\n{")
        assert (status(answer), slug(answer)) == (408, "timeout")
        whole = await exchange(free_port, HEAD, b"Content-Length: %d\r\n\r\n" % len(ORDER), ORDER)
        assert whole.endswith(ORDER)


@asynccontextmanager
async def placing(pool: "Pool[Any]", limits: Limits) -> AsyncIterator[Placer]:
    placer, background = Placer(pool, on_commit=lambda: None, limits=limits), Background()
    background.start("placer", placer.run)
    try:
        yield placer
    finally:
        await background.close()


async def test_an_order_that_waits_too_long_is_not_placed(pool: "Pool[Any]", event: Event) -> None:
    async with placing(pool, Limits(wait=0.1, answer=20)) as placer:
        async with types_locked(pool):
            in_hand = asyncio.create_task(placer.place(an_order(event)))
            await waiting_for_a_lock(pool)
            with pytest.raises(Overloaded):
                await placer.place(an_order(event))
        assert (await in_hand).status == 201
    assert await pool.fetchval("SELECT count(*) FROM orders") == 1


async def test_an_order_in_hand_too_long_is_answered_and_its_key_tells_what_became_of_it(
    pool: "Pool[Any]", event: Event
) -> None:
    async with placing(pool, Limits(answer=0.1)) as placer:
        async with types_locked(pool):
            with pytest.raises(DatabaseUnavailable):
                await placer.place(an_order(event, key="k"))
        async with placing(pool, Limits()) as other:
            await placer.place(an_order(event))
            told = await other.place(an_order(event, key="k"))
    assert isinstance(told, Answer)
    assert told.replayed
    assert await pool.fetchval("SELECT count(*) FROM orders") == 2


async def test_a_full_queue_answers_503_before_it_reads_the_order(pool: "Pool[Any]", event: Event) -> None:
    async with placing(pool, Limits(waiting=1)) as placer:
        async with types_locked(pool):
            first = asyncio.create_task(placer.place(an_order(event)))
            await waiting_for_a_lock(pool)
            assert not placer.full
            second = asyncio.create_task(placer.place(an_order(event)))
            await asyncio.wait([second], timeout=0)
            assert placer.full
        await asyncio.gather(first, second)
        assert not placer.full


async def test_a_batch_under_way_does_not_keep_the_service_from_stopping(pool: "Pool[Any]", event: Event) -> None:
    """Its connection may die in the same moment, and must not hide that we were told to stop."""
    async with types_locked(pool):
        async with placing(pool, Limits()) as placer:
            order = asyncio.create_task(placer.place(an_order(event)))
            for pid in await waiting_for_a_lock(pool):
                await pool.execute("SELECT pg_terminate_backend($1)", pid)
        with pytest.raises(DatabaseUnavailable):
            await order
