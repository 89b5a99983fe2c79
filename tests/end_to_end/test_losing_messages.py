"""Brokers lose what they confirmed: every order reaches its buyer all the same, once."""

from collections.abc import Awaitable, Callable
from urllib.parse import quote, urlsplit

import pytest
from redis.asyncio import Redis

from shared.database import close_pool, open_pool
from tests.end_to_end.losing import Parts
from tests.servers.rabbitmq import RabbitMQ

Lose = Callable[[], Awaitable[None]]


WAYS = ("postgres rows deleted", "redis emptied", "rabbitmq queues deleted", "rabbitmq queues purged", "rabbitmq reset")


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def broker_url(way: str, request: pytest.FixtureRequest) -> str:
    if way.startswith("postgres"):
        return str(request.getfixturevalue("migrated_url"))
    if way.startswith("redis"):
        return f"{request.getfixturevalue('redis_url')}?prefix={request.getfixturevalue('redis_prefix')}"
    return str(request.getfixturevalue("amqp_url"))


@pytest.fixture
def lose_everything(way: str, broker_url: str, request: pytest.FixtureRequest) -> Lose:
    if way.startswith("postgres"):
        return lambda: _delete_rows(broker_url)
    if way.startswith("redis"):
        return lambda: _delete_keys(broker_url)
    server: RabbitMQ = request.getfixturevalue("rabbitmq_server")
    if way == "rabbitmq reset":
        return lambda: _make_anew(server, broker_url)
    return lambda: _empty_queues(server, broker_url, "" if way.endswith("deleted") else "/contents")


async def _delete_rows(url: str) -> None:
    pool = await open_pool(url, "bus")
    await pool.execute("DELETE FROM bus.deliveries")
    await close_pool(pool)


async def _delete_keys(url: str) -> None:
    """As FLUSHALL does, but for our own prefix in the Redis that all tests share."""
    server, _, prefix = url.partition("?prefix=")
    async with Redis.from_url(server) as client:
        if keys := [key async for key in client.scan_iter(f"{prefix}*", count=1000)]:
            await client.delete(*keys)


async def _empty_queues(server: RabbitMQ, url: str, contents: str) -> None:
    host = quote(urlsplit(url).path[1:], safe="")
    queues = await server.ask("GET", f"queues/{host}?columns=name")
    assert isinstance(queues, list)
    for queue in queues:
        await server.ask("DELETE", f"queues/{host}/{quote(queue['name'], safe='')}{contents}")


async def _make_anew(server: RabbitMQ, url: str) -> None:
    await server.drop_vhost(url)
    await server.create_vhost(urlsplit(url).path[1:])


async def test_orders_whose_messages_were_lost_are_fulfilled_and_mailed_once(
    parts: Parts, lose_everything: Lose
) -> None:
    """Lost on the way to tickets, then on the way to the mailer, then the reports on their way back."""
    await parts.start("orders")
    first = await parts.place(2)
    await parts.published()
    await lose_everything()
    await parts.start("tickets")
    await parts.become(first, tickets="issued")

    await parts.published()
    await lose_everything()
    await parts.start("mailer")
    await parts.become(first, tickets="issued", email="sent")

    await parts.stop("mailer")
    second = await parts.place(2)
    await parts.become(second, tickets="issued")
    await parts.stop("orders")
    await parts.start("mailer")
    await parts.mailed(second)
    await lose_everything()
    await parts.start("orders")
    await parts.become(first + second, tickets="issued", email="sent")

    assert parts.mails_to(first + second) == [1] * 4
    for order in first + second:
        assert sorted(await parts.news_of(order)) == ["email.sent", "tickets.issued"]
