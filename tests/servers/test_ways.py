"""Every way to a server is tried once: it serves, or it says in words what this machine lacks.

The summary at the end of a run tells which of the two it was.
"""

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import FOUND
from tests.servers import postgres, rabbitmq, redis
from tests.servers.choosing import NoServer, NotHere, Way
from tests.servers.postgres import Databases
from tests.servers.rabbitmq import RabbitMQ


@dataclass(frozen=True, slots=True)
class Kind:
    """`nowhere` is a URL with a place for a port on which nothing listens."""

    name: str
    ways: tuple[Way[Any], ...]
    variable: str
    nowhere: str
    answers: Callable[[Any], Awaitable[bool]]

    def way(self, word: str) -> Way[Any]:
        return next(way for way in self.ways if way.name.startswith(word))


POSTGRES = Kind("Postgres", postgres.WAYS, postgres.VARIABLE, "postgresql://127.0.0.1:{}/x", postgres.answers)
RABBITMQ = Kind("RabbitMQ", rabbitmq.WAYS, rabbitmq.VARIABLE, "amqp://127.0.0.1:{}", RabbitMQ.answers)
REDIS = Kind("Redis", redis.WAYS, redis.VARIABLE, "redis://127.0.0.1:{}", redis.answers)
KINDS = [pytest.param(kind, id=kind.name) for kind in (POSTGRES, RABBITMQ, REDIS)]
TRIED = [
    (POSTGRES, "container"),
    (RABBITMQ, "container"),
    (RABBITMQ, "program"),
    (REDIS, "container"),
    (REDIS, "program"),
]


@pytest.mark.parametrize(("kind", "word"), [pytest.param(*tried, id=f"{tried[0].name}-{tried[1]}") for tried in TRIED])
async def test_a_way_serves_or_says_what_is_missing(kind: Kind, word: str, pytestconfig: pytest.Config) -> None:
    way = kind.way(word)
    async with AsyncExitStack() as parts:
        try:
            assert await kind.answers(await way.start(parts))
            outcome = "serves"
        except NotHere as reason:
            outcome = str(reason)
            assert "Docker" in outcome or "is not on this machine" in outcome
    pytestconfig.stash.setdefault(FOUND, []).append(f"{kind.name}, tried by {way.name}: {outcome}")


async def test_the_embedded_postgres_serves_everywhere() -> None:
    async with AsyncExitStack() as parts:
        assert await postgres.answers(await POSTGRES.way("embedded").start(parts))


@pytest.mark.parametrize("kind", KINDS)
async def test_without_a_docker_daemon_the_turn_is_passed_on(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    async with AsyncExitStack() as parts:
        with pytest.raises(NotHere, match=r"no Docker daemon answers at unix:///nowhere/docker\.sock"):
            await kind.way("container").start(parts)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_url_that_leads_nowhere_fails_by_name(
    kind: Kind, monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    monkeypatch.setenv(kind.variable, kind.nowhere.format(free_port))
    async with AsyncExitStack() as parts:
        with pytest.raises(NoServer, match=f"{kind.variable} is set, but"):
            await kind.way("environment").start(parts)


async def test_a_url_in_the_environment_is_taken_as_it_is(
    databases: Databases, rabbitmq_server: RabbitMQ, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEST_DATABASE_URL", databases.server)
    monkeypatch.setenv("TEST_AMQP_URL", f"{rabbitmq_server.amqp}/")
    monkeypatch.setenv("TEST_AMQP_MANAGEMENT_URL", rabbitmq_server.management)
    monkeypatch.setenv("TEST_REDIS_URL", redis_url)
    async with AsyncExitStack() as parts:
        assert await POSTGRES.way("environment").start(parts) == databases.server
        assert await RABBITMQ.way("environment").start(parts) == rabbitmq_server
        assert await REDIS.way("environment").start(parts) == redis_url
