"""A RabbitMQ of our own that can be killed, frozen and started again with what it kept."""

import asyncio
import os
import signal
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.servers.choosing import NotHere
from tests.servers.programs import (
    find_program,
    free_port,
    install_package,
    start_program,
    temporary_folder,
    until_it_answers,
)
from tests.servers.rabbitmq import NOT_YET, PACKAGE, PROGRAM_FOLDER, START_SECONDS, RabbitMQ, node_environment


@dataclass(slots=True)
class Node:
    """One node, alone in its cluster."""

    folder: Path
    server: RabbitMQ
    program: str
    environment: dict[str, str]
    parts: AsyncExitStack
    process: asyncio.subprocess.Process | None = field(default=None)

    async def start(self) -> None:
        """Start it, with whatever it kept from before, and wait until it serves."""
        log = self.folder / "rabbitmq.log"
        self.process = await start_program([self.program], self.environment, log, self.parts)
        await until_it_answers(self.process, log, self.server.answers, START_SECONDS, NOT_YET)

    async def kill(self) -> None:
        """As `kill -9` of everything it runs."""
        assert self.process
        os.killpg(self.process.pid, signal.SIGKILL)
        await self.process.wait()

    def freeze(self) -> None:
        os.kill(self._pid(), signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self._pid(), signal.SIGCONT)

    async def control(self, *arguments: str) -> None:
        """`rabbitmqctl`, as an operator would run it on this node."""
        process = await asyncio.create_subprocess_exec(
            find_program("rabbitmqctl", PROGRAM_FOLDER),
            *arguments,
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        assert process.returncode == 0, output.decode(errors="replace")

    async def keeps(self, vhost: str, *queues: str) -> bool:
        """Whether these quorum queues would survive a kill now: the register of them is written a second late."""
        register = b"".join(path.read_bytes() for path in self.folder.glob("mnesia/*/quorum/*/names.dets"))
        # A name stands there as Erlang writes an atom: its length, then its letters.
        names = [f"{vhost}_{queue}".encode() for queue in queues]
        return all(bytes([len(name)]) + name in register for name in names)

    def _pid(self) -> int:
        return int((self.folder / "pid").read_text())


async def start_node(like: str, parts: AsyncExitStack) -> Node:
    """A node whose administrator has the login of the URL `like`.

    From the program on this machine, installed when that is for us to do. Raises `NotHere`, `NoServer`.
    """
    try:
        program = find_program("rabbitmq-server", PROGRAM_FOLDER)
    except NotHere:
        await install_package(PACKAGE)
        program = find_program("rabbitmq-server", PROGRAM_FOLDER)
    folder = temporary_folder(parts)
    amqp, management, mapper = (free_port() for _ in range(3))
    login = urlsplit(like)
    environment = node_environment(folder, amqp, management, mapper) | {"RABBITMQ_PID_FILE": str(folder / "pid")}
    epmd = [find_program("epmd"), "-port", str(mapper), "-address", "127.0.0.1"]
    await start_program(epmd, environment, folder / "epmd.log", parts)
    with (folder / "rabbitmq.conf").open("a") as configuration:
        configuration.write(f"default_user = {unquote(login.username or 'guest')}\n")
        configuration.write(f"default_pass = {unquote(login.password or 'guest')}\n")
    netloc = f"{login.netloc.rpartition('@')[0] or 'guest:guest'}@127.0.0.1:{amqp}"
    server = RabbitMQ(f"amqp://{netloc}", f"http://127.0.0.1:{management}")
    node = Node(folder, server, program, environment, parts)
    await node.start()
    return node
