"""Servers in containers, published on 127.0.0.1 only."""

import asyncio
import socket
from contextlib import AsyncExitStack
from typing import Any, cast

import docker.errors  # type: ignore[import-untyped]
import requests
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import get_docker_host

from tests.servers.choosing import NotHere


async def start_container(
    image: str, ports: tuple[int, ...], environment: dict[str, str], command: list[str], parts: AsyncExitStack
) -> tuple[int, ...]:
    """Run `image` until `parts` close; the ports on 127.0.0.1 under which its `ports` are reached, in order.

    Raises `NotHere` when no daemon answers or the image can neither be found nor pulled.
    """
    return await asyncio.to_thread(_start, image, ports, environment, command, parts)


def _start(
    image: str, ports: tuple[int, ...], environment: dict[str, str], command: list[str], parts: AsyncExitStack
) -> tuple[int, ...]:
    _knock()
    # Ryuk, the cleaner, is one more image to pull and wants the daemon's socket: `parts` clean up instead.
    testcontainers_config.ryuk_disabled = True
    try:
        container = DockerContainer(image, env=environment)
    except docker.errors.DockerException as error:
        raise NotHere(f"no Docker daemon answers ({_first_line(error)})") from error
    parts.push_async_callback(asyncio.to_thread, container.stop)
    # A tuple of an address alone means "any free port there", which testcontainers' type leaves out.
    container.ports = cast("dict[str, Any]", {str(port): ("127.0.0.1",) for port in ports})
    if command:
        container.with_command(command)
    try:
        container.start()
        client, identity = container.get_docker_client(), container.get_container_id()
        return tuple(int(client.port(identity, port)) for port in ports)
    except (docker.errors.DockerException, requests.RequestException) as error:
        raise NotHere(f"Docker can't run {image} ({_first_line(error)})") from error


def _knock() -> None:
    """See whether the daemon's socket takes a connection: the client leaks its own where nobody listens."""
    host = get_docker_host() or "unix:///var/run/docker.sock"
    if not host.startswith("unix://"):
        return
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(host.removeprefix("unix://"))
        except OSError as error:
            raise NotHere(f"no Docker daemon answers at {host} ({error.strerror})") from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
