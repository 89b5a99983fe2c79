"""Ways to an HAProxy in front of RabbitMQ clusters, with the configuration that is shipped."""

import asyncio
import csv
import os
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from tests.servers.choosing import NotHere
from tests.servers.programs import (
    find_program,
    free_port,
    install_package,
    start_program,
    temporary_folder,
    until_it_answers,
)

PACKAGE = "haproxy"
CONFIGURATION = Path(__file__).parents[2] / "infra" / "haproxy" / "rabbitmq.cfg"
START_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class HAProxy:
    """`port` leads to the first cluster that is up; `socket` is the switchboard."""

    port: int
    socket: Path

    def url(self, cluster: str) -> str:
        """The way through it with the login and the virtual host of this cluster's URL."""
        parts = urlsplit(cluster)
        return parts._replace(netloc=f"{parts.netloc.rpartition('@')[0]}@127.0.0.1:{self.port}").geturl()

    async def command(self, line: str) -> str:
        """What the switchboard answers; an empty string for done."""
        reader, writer = await asyncio.open_unix_connection(str(self.socket))
        try:
            writer.write(f"{line}\n".encode())
            return (await reader.read()).decode().strip()
        finally:
            writer.close()
            await writer.wait_closed()

    async def up(self) -> set[str]:
        """The names of the clusters that pass the check."""
        return {name for name, row in (await self._rows()).items() if row["status"].startswith("UP")}

    async def lines(self, cluster: str) -> int:
        """How many connections lead to this cluster."""
        return int((await self._rows())[cluster]["scur"])

    async def _rows(self) -> dict[str, dict[str, str]]:
        statistics = csv.DictReader((await self.command("show stat")).removeprefix("# ").splitlines())
        return {row["svname"]: row for row in statistics if row["pxname"] == "rabbitmq" and row["svname"] in "ab"}


async def program() -> str:
    """HAProxy's path, installed when that is for us to do. Raises `NotHere`, `NoServer`."""
    try:
        return find_program("haproxy")
    except NotHere:
        await install_package(PACKAGE)
        return find_program("haproxy")


async def start(first: str, second: str, parts: AsyncExitStack) -> HAProxy:
    """One in front of these two clusters (URLs), ended with `parts`."""
    executable, folder, port = await program(), temporary_folder(parts), free_port()
    proxy, log = HAProxy(port, folder / "haproxy.sock"), folder / "haproxy.log"
    environment = os.environ | {
        "BIND": f"127.0.0.1:{port}",
        "STATS": f"127.0.0.1:{free_port()}",
        "SOCKET": str(proxy.socket),
        "CLUSTER_A": urlsplit(first).netloc.rpartition("@")[2],
        "CLUSTER_B": urlsplit(second).netloc.rpartition("@")[2],
    }

    async def both_up() -> bool:
        return await proxy.up() == {"a", "b"}

    process = await start_program([executable, "-db", "-f", str(CONFIGURATION)], environment, log, parts)
    await until_it_answers(process, log, both_up, START_SECONDS, (OSError,))
    return proxy
