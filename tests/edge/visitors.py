"""What stands behind and before the edge in these tests: a service that counts, and visitors who read everything."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
from aiohttp import web

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

PUBLIC = {"Cache-Control": "public, max-age=60", "Vary": "Authorization, Cookie"}


@dataclass(slots=True)
class Service:
    """A stand-in for orders on `port`: answers as `answer` says and counts what reached it, by path."""

    port: int
    answer: Answer
    ready: bool = True
    asked: Counter[str] = field(default_factory=Counter)
    _runner: web.AppRunner | None = None

    async def start(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()

    async def stop(self) -> None:
        if self._runner:
            await self._runner.cleanup()
            self._runner = None

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/readyz":
            return web.Response(status=200 if self.ready else 503)
        self.asked[request.path] += 1
        return await self.answer(request)


@asynccontextmanager
async def service(port: int, answer: Answer) -> AsyncIterator[Service]:
    standing = Service(port, answer)
    await standing.start()
    try:
        yield standing
    finally:
        await standing.stop()


@dataclass(frozen=True, slots=True)
class Seen:
    """What a visitor got."""

    status: int
    body: str
    headers: Mapping[str, str]

    @property
    def cache(self) -> str:
        return self.headers.get("X-Cache", "")


async def visit(http: aiohttp.ClientSession, path: str, headers: dict[str, str] | None = None) -> Seen:
    async with http.get(path, headers=headers, allow_redirects=False) as response:
        return Seen(response.status, await response.text(), response.headers)


async def visit_all(http: aiohttp.ClientSession, paths: list[str], visitors: int) -> Counter[int]:
    """So many visitors side by side read all of it; how often each status came."""
    waiting, statuses = iter(paths), Counter[int]()

    async def read() -> None:
        for path in waiting:
            seen = await visit(http, path)
            statuses[seen.status] += 1

    await asyncio.gather(*(read() for _ in range(visitors)))
    return statuses
