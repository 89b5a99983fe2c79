"""Ways to a Redis. A server is its URL."""

import asyncio
import os
from contextlib import AsyncExitStack
from urllib.parse import urlsplit

from tests.servers.choosing import NoServer, NotHere, Way
from tests.servers.containers import start_container
from tests.servers.programs import (
    find_program,
    free_port,
    install_package,
    start_program,
    temporary_folder,
    until_it_answers,
)
from tests.servers.waiting import eventually

VARIABLE = "TEST_REDIS_URL"
IMAGE = "redis:8"
PACKAGE = "redis-server"
START_SECONDS = 60.0
NOT_YET = (OSError, EOFError)


async def from_environment(parts: AsyncExitStack) -> str:
    """The server of `TEST_REDIS_URL`."""
    url = os.environ.get(VARIABLE)
    if not url:
        raise NotHere(f"{VARIABLE} is not set")
    try:
        await answers(url)
    except NOT_YET as error:
        raise NoServer(f"{VARIABLE} is set, but nothing answers there: {error!r}") from error
    return url


async def from_container(parts: AsyncExitStack) -> str:
    """The official image."""
    (port,) = await start_container(IMAGE, (6379,), {}, [], parts)
    url = f"redis://127.0.0.1:{port}"
    await eventually(lambda: answers(url), START_SECONDS, NOT_YET)
    return url


async def from_program(parts: AsyncExitStack) -> str:
    """The program on this machine."""
    program, folder, port = find_program("redis-server"), temporary_folder(parts), free_port()
    command = [program, "--bind", "127.0.0.1", "--port", str(port), "--dir", str(folder), "--save", ""]
    url, log = f"redis://127.0.0.1:{port}", folder / "redis.log"
    process = await start_program(command, dict(os.environ), log, parts)
    await until_it_answers(process, log, lambda: answers(url), START_SECONDS, NOT_YET)
    return url


async def from_package(parts: AsyncExitStack) -> str:
    """The same, after installing Debian's package."""
    await install_package(PACKAGE)
    return await from_program(parts)


WAYS = (
    Way("environment", from_environment),
    Way(f"container {IMAGE}", from_container),
    Way("program on this machine", from_program),
    Way(f"package {PACKAGE}", from_package),
)


async def answers(url: str) -> bool:
    """Whether a Redis is there: it answers a line it does not take with an error, and one it takes with a word."""
    parsed = urlsplit(url)
    reader, writer = await asyncio.open_connection(parsed.hostname, parsed.port or 6379)
    try:
        writer.write(b"PING\r\n")
        return (await reader.readuntil(b"\r\n"))[:1] in (b"+", b"-")
    finally:
        writer.close()
        await writer.wait_closed()
