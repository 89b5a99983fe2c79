"""Ways to a RabbitMQ with its management interface, and fresh virtual hosts inside it."""

import os
import secrets
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

import aio_pika
import aiohttp

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

VARIABLE = "TEST_AMQP_URL"
MANAGEMENT_VARIABLE = "TEST_AMQP_MANAGEMENT_URL"
IMAGE = "rabbitmq:4-management"
PACKAGE = "rabbitmq-server"
# Debian's /usr/sbin/rabbitmq-server insists on its own user and folders; the program itself is here.
PROGRAM_FOLDER = "/usr/lib/rabbitmq/bin"
# Eight seconds on an idle machine; a busy one takes its time.
START_SECONDS = 120.0
NOT_YET = (OSError, aiohttp.ClientError, aio_pika.exceptions.AMQPError)


@dataclass(frozen=True, slots=True)
class RabbitMQ:
    """`amqp` is the URL of a user who may do anything, without a virtual host; `management` that of the HTTP API."""

    amqp: str
    management: str

    async def create_vhost(self, name: str = "") -> str:
        """The URL of a new virtual host."""
        name = name or f"boxoffice-test-{secrets.token_hex(6)}"
        user = urlsplit(self.amqp).username or "guest"
        await self.ask("PUT", f"vhosts/{name}")
        await self.ask("PUT", f"permissions/{name}/{user}", {"configure": ".*", "write": ".*", "read": ".*"})
        return f"{self.amqp}/{name}"

    async def drop_vhost(self, url: str) -> None:
        """Remove it with its queues and connections."""
        await self.ask("DELETE", f"vhosts/{quote(urlsplit(url).path[1:], safe='')}")

    async def ask(self, method: str, path: str, body: object = None) -> object:
        """One call of the management API (`path` is what follows `/api/`); its JSON answer, None where it is empty.

        Raises `aiohttp.ClientResponseError` for a refusal.
        """
        parsed = urlsplit(self.amqp)
        login = aiohttp.encode_basic_auth(unquote(parsed.username or "guest"), unquote(parsed.password or "guest"))
        async with (
            aiohttp.ClientSession(headers={"Authorization": login}, raise_for_status=True) as http,
            http.request(method, f"{self.management}/api/{path}", json=body) as answer,
        ):
            return await answer.json() if answer.content_type == "application/json" and answer.status == 200 else None

    async def answers(self) -> bool:
        """Whether both interfaces do; raises one of `NOT_YET` when not."""
        await self.ask("GET", "overview")
        connection = await aio_pika.connect(self.amqp, timeout=5)
        await connection.close()
        return True


async def from_environment(parts: AsyncExitStack) -> RabbitMQ:
    """The server of `TEST_AMQP_URL`; its management API on port 15672 or at `TEST_AMQP_MANAGEMENT_URL`."""
    url = os.environ.get(VARIABLE)
    if not url:
        raise NotHere(f"{VARIABLE} is not set")
    parsed = urlsplit(url)
    management = os.environ.get(MANAGEMENT_VARIABLE) or f"http://{parsed.hostname}:15672"
    server = RabbitMQ(parsed._replace(path="").geturl(), management.rstrip("/"))
    try:
        await server.answers()
    except NOT_YET as error:
        raise NoServer(
            f"{VARIABLE} is set, but the server, or its management API at {management}, does not let us in: {error!r}"
        ) from error
    return server


async def from_container(parts: AsyncExitStack) -> RabbitMQ:
    """The official image."""
    login = {"RABBITMQ_DEFAULT_USER": "boxoffice", "RABBITMQ_DEFAULT_PASS": secrets.token_hex(16)}
    amqp, management = await start_container(IMAGE, (5672, 15672), login, [], parts)
    server = RabbitMQ(f"amqp://{':'.join(login.values())}@127.0.0.1:{amqp}", _local(management))
    await eventually(server.answers, START_SECONDS, NOT_YET)
    return server


async def from_program(parts: AsyncExitStack) -> RabbitMQ:
    """The program on this machine, as a node of its own, with its own port mapper: no other node is touched."""
    program, epmd = find_program("rabbitmq-server", PROGRAM_FOLDER), find_program("epmd")
    folder = temporary_folder(parts)
    amqp, management, mapper = (free_port() for _ in range(3))
    environment = node_environment(folder, amqp, management, mapper)
    await start_program([epmd, "-port", str(mapper), "-address", "127.0.0.1"], environment, folder / "epmd.log", parts)
    log = folder / "rabbitmq.log"
    process = await start_program([program], environment, log, parts)
    server = RabbitMQ(f"amqp://guest:guest@127.0.0.1:{amqp}", _local(management))
    await until_it_answers(process, log, server.answers, START_SECONDS, NOT_YET)
    return server


async def from_package(parts: AsyncExitStack) -> RabbitMQ:
    """The same, after installing Debian's package."""
    await install_package(PACKAGE)
    return await from_program(parts)


WAYS = (
    Way("environment", from_environment),
    Way(f"container {IMAGE}", from_container),
    Way("program on this machine", from_program),
    Way(f"package {PACKAGE}", from_package),
)


def _local(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def node_environment(folder: Path, amqp: int, management: int, mapper: int) -> dict[str, str]:
    """Everything the node would else share with another one: name, cookie (in HOME), ports and folders.

    Writes the node's configuration into its folder.
    """
    (folder / "rabbitmq.conf").write_text(
        f"listeners.tcp.1 = 127.0.0.1:{amqp}\nmanagement.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {management}\n"
    )
    (folder / "enabled_plugins").write_text("[rabbitmq_management].\n")
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "ERL_EPMD_PORT": str(mapper),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODENAME": f"boxoffice-test-{amqp}@localhost",
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_CONF_ENV_FILE": os.devnull,
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder / "log"),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
    }
