"""HAProxy with the project's own edge, before whatever listens on ports of this machine."""

import asyncio
import os
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.servers.programs import free_port, start_program, temporary_folder, until_it_answers
from tests.servers.varnish import installed

CONFIGURATION = Path(__file__).parents[2] / "infra" / "haproxy" / "edge.cfg"
PACKAGE = "haproxy"
START_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Edge:
    """`url` is for visitors, `inside` where the cache asks, `tls` for visitors when there is a certificate."""

    url: str
    tls: str
    inside: str
    folder: Path

    async def tell(self, command: str) -> str:
        """What an operator would type: `set server orders/orders-1 state drain`."""
        return await _say(self.folder / "admin.sock", command)

    async def reload(self) -> None:
        """Have a new worker take over, as after a change of the configuration."""
        before = await self.workers()
        await _say(self.folder / "master.sock", "reload")
        async with asyncio.timeout(START_SECONDS):
            while not await self.workers() - before:
                await asyncio.sleep(0.05)

    async def workers(self) -> set[str]:
        """The processes that take new connections."""
        try:
            told = await _say(self.folder / "master.sock", "show proc")
        except OSError:
            # It is between two lives.
            return set()
        current = told.partition("# old workers")[0].partition("# workers")[2]
        return {line.split()[0] for line in current.splitlines() if line[:1].isdigit()}


async def start_edge(parts: AsyncExitStack, **settings: object) -> Edge:
    """Run haproxy until `parts` close; `settings` are those at the head of the configuration (`ORDERS_1="…"`)."""
    program, folder = await installed("haproxy", PACKAGE), temporary_folder(parts)
    http, tls = free_port(), free_port()
    environment = os.environ | {
        "EDGE_HTTP": f"127.0.0.1:{http}",
        "EDGE_TLS": f"127.0.0.1:{tls}",
        "EDGE_INSIDE": f"127.0.0.1:{free_port()}",
        "EDGE_ADMIN": str(folder / "admin.sock"),
        **{name: str(value) for name, value in settings.items()},
    }
    log = folder / "haproxy.log"
    command = [program, "-W", "-db", "-S", f"{folder / 'master.sock'},mode,600", "-f", str(CONFIGURATION)]
    process = await start_program(command, environment, log, parts)
    edge = Edge(f"http://127.0.0.1:{http}", f"https://127.0.0.1:{tls}", f"http://{environment['EDGE_INSIDE']}", folder)
    ignoring = (aiohttp.ClientError, OSError)
    await until_it_answers(process, log, lambda: _serves(edge), START_SECONDS, ignoring)
    return edge


async def _serves(edge: Edge) -> bool:
    """Whether it answers, and has found out how those behind it are."""
    async with aiohttp.ClientSession() as http, http.get(f"{edge.inside}/edge/metrics") as response:
        ready = response.status == 200
    return ready and "INI" not in await edge.tell("show stat")


async def _say(socket: Path, command: str) -> str:
    reader, writer = await asyncio.open_unix_connection(socket)
    try:
        writer.write(command.encode() + b"\n")
        writer.write_eof()
        async with asyncio.timeout(START_SECONDS):
            return (await reader.read()).decode()
    finally:
        writer.close()
        await writer.wait_closed()
