"""A request's id goes through: from the edge into the logs and back to the client."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import aiohttp
import pytest
import structlog
from aiohttp import web

from shared import service
from shared.correlation import with_request_id
from shared.web import problems

log = structlog.get_logger()


@pytest.fixture
async def client(free_port: int) -> AsyncIterator[aiohttp.ClientSession]:
    async def tell(_: web.Request) -> web.Response:
        await asyncio.sleep(0)
        return web.json_response(with_request_id(log, "info", {}))

    async def stream(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write_eof()
        return response

    app = web.Application(middlewares=[problems])
    app.add_routes([web.get("/", tell), web.get("/stream", stream)])
    async with AsyncExitStack() as parts:
        await service.listen(parts, app, free_port)
        yield await parts.enter_async_context(aiohttp.ClientSession(f"http://127.0.0.1:{free_port}"))


async def test_the_id_of_the_edge_is_logged_and_sent_back(client: aiohttp.ClientSession) -> None:
    async with client.get("/", headers={"X-Request-Id": "from-the-edge-1"}) as response:
        assert await response.json() == {"request_id": "from-the-edge-1"}
        assert response.headers["X-Request-Id"] == "from-the-edge-1"


@pytest.mark.parametrize("given", [None, "short", "with spaces in it", "x" * 129, "umlaute-äöü-und-mehr", "a;b=c&d<e>"])
async def test_an_id_that_is_missing_or_unsound_is_made_anew(client: aiohttp.ClientSession, given: str | None) -> None:
    seen = set()
    for _ in range(2):
        async with client.get("/", headers={"X-Request-Id": given} if given else {}) as response:
            made = response.headers["X-Request-Id"]
            assert await response.json() == {"request_id": made}
        seen.add(made)
    assert len(seen) == 2
    assert given not in seen


@pytest.mark.parametrize("path", ["/stream", "/nothing-here"])
async def test_streams_and_errors_carry_it_too(client: aiohttp.ClientSession, path: str) -> None:
    async with client.get(path, headers={"X-Request-Id": "from-the-edge-2"}) as response:
        assert response.headers["X-Request-Id"] == "from-the-edge-2"


async def test_requests_side_by_side_keep_their_own(client: aiohttp.ClientSession) -> None:
    async def ask(name: str) -> tuple[str, str]:
        async with client.get("/", headers={"X-Request-Id": name}) as response:
            return name, (await response.json())["request_id"]

    asked = await asyncio.gather(*(ask(f"request-{n:04}") for n in range(50)))
    assert all(name == told for name, told in asked)


def test_outside_of_a_request_there_is_none() -> None:
    assert with_request_id(log, "info", {}) == {}
