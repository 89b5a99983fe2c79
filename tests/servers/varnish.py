"""A Varnish with the project's own rules, in front of whatever listens on a port of this machine."""

import asyncio
import os
import shutil
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.servers.choosing import NotHere
from tests.servers.programs import (
    find_program,
    free_port,
    install_package,
    start_program,
    temporary_folder,
    until_it_answers,
)

RULES = Path(__file__).parents[2] / "infra" / "varnish"
PACKAGE = "varnish"
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Varnish:
    """`url` is for visitors, `inside` for purging."""

    url: str
    inside: str
    process: asyncio.subprocess.Process


async def installed(program: str, package: str) -> str:
    """The program's path, after `apt-get install` where it is missing. Raises `NotHere` or `NoServer`."""
    try:
        return find_program(program)
    except NotHere:
        await install_package(package)
        return find_program(program)


async def start_varnish(backend: int, parts: AsyncExitStack, time_scale: float = 1.0) -> Varnish:
    """Run varnishd until `parts` close; a `time_scale` of 0.01 makes a minute 0.6 s."""
    program = await installed("varnishd", PACKAGE)
    folder, port, inside = temporary_folder(parts), free_port(), free_port()
    shutil.copy(RULES / "default.vcl", folder)
    (folder / "backend.vcl").write_text((RULES / "backend.vcl").read_text().replace('"8090"', f'"{backend}"'))
    # Without the jail, which may not read what is in another user's folder.
    command = [program, "-F", "-j", "none", "-n", str(folder / "work"), "-p", f"vcl_path={folder}"]
    command += ["-f", str(folder / "default.vcl"), "-s", "malloc,64m", "-p", "thread_pool_min=50"]
    command += ["-a", f"web=127.0.0.1:{port}", "-a", f"inside=127.0.0.1:{inside}"]
    environment = os.environ | {"EDGE_TIME_SCALE": str(time_scale)}
    log = folder / "varnish.log"
    process = await start_program(command, environment, log, parts)
    varnish = Varnish(f"http://127.0.0.1:{port}", f"http://127.0.0.1:{inside}", process)
    await until_it_answers(
        process, log, lambda: answers(f"{varnish.inside}/healthz"), START_SECONDS, (aiohttp.ClientError, OSError)
    )
    return varnish


async def answers(url: str) -> bool:
    async with aiohttp.ClientSession() as http, http.get(url) as response:
        return response.status == 200
