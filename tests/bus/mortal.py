"""Brokers of a test's own, to be killed, frozen and started again."""

import os
import signal
from collections.abc import Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from boxoffice.embedded_postgres import EmbeddedPostgres
from tests.bus.messages import QUEUE
from tests.bus.own_redis import OwnRedis
from tests.servers.programs import temporary_folder
from tests.servers.rabbitmq_node import Node
from tests.servers.waiting import eventually


class Mortal(Protocol):
    """`url` stays the same over its deaths. Of several brokers behind a URL, the first is the mortal one."""

    @property
    def url(self) -> str: ...

    async def kill(self) -> None:
        """As `kill -9` of everything it runs."""

    async def start(self) -> None:
        """With what it kept; returns when it serves."""

    def freeze(self) -> None: ...

    def thaw(self) -> None: ...


async def own_postgres(parts: AsyncExitStack) -> Mortal:
    folder = temporary_folder(parts)
    server = EmbeddedPostgres(folder)
    url = await server.start()
    parts.push_async_callback(server.stop)
    return MortalPostgres(server, folder / "postgres" / "cluster" / "postmaster.pid", url)


@dataclass(frozen=True, slots=True)
class MortalPostgres:
    server: EmbeddedPostgres
    pid_file: Path
    url: str

    async def kill(self) -> None:
        self._send(signal.SIGKILL)
        await self.server.ended()

    async def start(self) -> None:
        await self.server.start()

    def freeze(self) -> None:
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        self._send(signal.SIGCONT)

    def _send(self, what: signal.Signals) -> None:
        """To the postmaster, and then to its children, each of which is a session of its own."""
        postmaster = int(self.pid_file.read_text().split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for pid in (postmaster, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(pid, what)


@dataclass(frozen=True, slots=True)
class MortalRedis:
    server: OwnRedis

    @property
    def url(self) -> str:
        return self.server.url

    async def kill(self) -> None:
        await self.server.kill()

    async def start(self) -> None:
        await self.server.start()

    def freeze(self) -> None:
        self.server.send(signal.SIGSTOP)

    def thaw(self) -> None:
        self.server.send(signal.SIGCONT)


@dataclass(frozen=True, slots=True)
class MortalCluster:
    """`vhost` is the URL of the virtual host inside `node`."""

    url: str
    node: Node
    vhost: str
    queues: Sequence[str] = (QUEUE, f"{QUEUE}.dead")

    async def kill(self) -> None:
        await eventually(partial(self.node.keeps, urlsplit(self.vhost).path[1:], *self.queues))
        await self.node.kill()

    async def start(self) -> None:
        await self.node.start()

    def freeze(self) -> None:
        self.node.freeze()

    def thaw(self) -> None:
        self.node.thaw()
