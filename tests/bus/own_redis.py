"""A Redis server of a test's own, to be killed, frozen, filled and emptied."""

import os
import signal
from asyncio.subprocess import Process
from contextlib import AsyncExitStack
from pathlib import Path

from redis.asyncio import Redis

from tests.servers import redis as server
from tests.servers.choosing import NotHere
from tests.servers.programs import (
    find_program,
    free_port,
    install_package,
    start_program,
    temporary_folder,
    until_it_answers,
)


class OwnRedis:
    """Runs with these options; what it wrote to disk is there when it is started again."""

    def __init__(self, program: str, folder: Path, options: tuple[str, ...], parts: AsyncExitStack) -> None:
        self._port = free_port()
        self.url = f"redis://127.0.0.1:{self._port}"
        self._folder = folder
        self._command = [program, "--bind", "127.0.0.1", "--port", str(self._port), "--dir", str(folder), *options]
        self._parts = parts
        self._process: Process | None = None

    async def start(self) -> None:
        log = self._folder / "redis.log"
        self._process = await start_program(self._command, dict(os.environ), log, self._parts)
        await until_it_answers(
            self._process, log, lambda: server.answers(self.url), server.START_SECONDS, server.NOT_YET
        )

    async def kill(self) -> None:
        self.send(signal.SIGKILL)
        assert self._process
        await self._process.wait()

    def send(self, what: signal.Signals) -> None:
        assert self._process
        os.killpg(self._process.pid, what)

    def client(self) -> Redis:
        return Redis.from_url(self.url, decode_responses=True, protocol=2)


async def own_redis(parts: AsyncExitStack, *options: str) -> OwnRedis:
    """A running server; it ends with `parts`."""
    try:
        program = find_program("redis-server")
    except NotHere:
        await install_package(server.PACKAGE)
        program = find_program("redis-server")
    redis = OwnRedis(program, temporary_folder(parts), ("--save", "", *options), parts)
    await redis.start()
    return redis
