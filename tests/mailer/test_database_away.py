"""A mail that was handed in while the database went away is not handed in again by anyone who lives."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from services.mailer.handlers import OrderMails
from services.mailer.lines import Lines
from services.mailer.posting import Post
from services.mailer.presence import Presence
from shared.background import Background
from shared.bus import Done, Later
from shared.database import Pool, close_pool, open_pool
from shared.messages import TicketsIssued
from shared.object_store import ObjectStore
from shared.queues import queue_of
from tests.bus.brokers import open_bus
from tests.bus.conftest import redis_bus_url
from tests.bus.faults import FaultProxy
from tests.mailer.building import COMPOSER, SENDER, delivery_of, tickets_issued
from tests.mailer.mail_server import TAKEN, MailServer
from tests.mailer.test_handlers import make_due, row
from tests.mailer.test_presence import database, far_pool
from tests.servers.waiting import eventually

__all__ = ["database", "far_pool", "redis_bus_url"]

QUEUE = queue_of("mailer", TicketsIssued)


class Mailer:
    """As a process has it: its own pool, lines, presence and bus."""

    def __init__(self, post: Post, mails: OrderMails) -> None:
        self.post = post
        self.mails = mails


@pytest.fixture
async def a_mailer(
    database: FaultProxy, objects: ObjectStore, mail_server: MailServer
) -> AsyncIterator[Callable[..., Any]]:
    """Makes one that reaches the database by `database`, or by another line."""
    async with AsyncExitStack() as parts:

        async def make(line: FaultProxy = database) -> Mailer:
            pool = await open_pool(line.url, "mailer")
            parts.push_async_callback(close_pool, pool)
            lines = Lines(mail_server.address(), hello="test.example")
            parts.push_async_callback(lines.close)
            presence, background = Presence(pool), Background()
            background.start("presence", presence.run)
            parts.push_async_callback(background.close)
            post = Post(pool, lines, SENDER, on_commit=lambda: None, presence=presence)
            parts.push_async_callback(post.close, 0.0)
            return Mailer(post, OrderMails(pool, objects, COMPOSER, post))

        yield make


@pytest.fixture
async def another_line(migrated_url: str) -> AsyncIterator[FaultProxy]:
    """To the same database."""
    proxy = FaultProxy(migrated_url, 5432)
    await proxy.start()
    yield proxy
    await proxy.stop()


def going_away_after(mail_server: MailServer, *lines: FaultProxy) -> asyncio.Event:
    """The database goes between the final dot and the server's word for it; set when it has."""
    gone = asyncio.Event()

    async def go(_: object) -> str:
        for line in lines:
            await line.stop()
        gone.set()
        return TAKEN

    mail_server.on_data = [go]
    return gone


@pytest.fixture(params=["postgres", "redis", "rabbitmq"])
def broker_url(request: pytest.FixtureRequest, database: FaultProxy) -> str:
    """Of a Postgres that goes away with the database, being the same; of another broker that stays."""
    if request.param == "postgres":
        return database.url
    url: str = request.getfixturevalue({"redis": "redis_bus_url", "rabbitmq": "amqp_url"}[request.param])
    return url


async def test_a_mail_handed_in_before_the_database_went_is_sent_once_by_two_mailers(
    broker_url: str,
    a_mailer: Callable[..., Any],
    database: FaultProxy,
    another_line: FaultProxy,
    mail_server: MailServer,
    pool: "Pool[Any]",
) -> None:
    gone = going_away_after(mail_server, database, another_line)
    issued = tickets_issued()
    delivery = delivery_of(issued)
    async with AsyncExitStack() as parts:
        bus = await open_bus(broker_url, "mailer")
        parts.push_async_callback(bus.close, timedelta(0))
        another = await a_mailer(another_line)
        await (await a_mailer()).mails.subscribe(bus)
        # As often as a broker that lost its leases, or its lines, would deliver it.
        assert await bus.publish([delivery.message] * 6) == [None] * 6
        await asyncio.wait_for(gone.wait(), 20)
        # And so long that no lease on the mail is left; then the one that did not send is the first to be back.
        await make_due(pool)
        await another_line.start()
        verdict = await another.mails.tickets_issued(issued, delivery)
        await database.start()

        async def all_handled() -> bool:
            (status,) = await bus.status([QUEUE])
            return status.ready + status.in_flight + status.waiting == 0

        await eventually(all_handled, 60, (Exception,))

    assert isinstance(verdict, Later)
    assert (await row(pool))["status"] == "sent"
    assert len(mail_server.received) == 1
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 1


async def test_a_handler_that_was_cancelled_leaves_the_record_to_be_made(
    a_mailer: Callable[..., Any], database: FaultProxy, mail_server: MailServer, pool: "Pool[Any]"
) -> None:
    mailer, issued = await a_mailer(), tickets_issued()
    gone, go_on = asyncio.Event(), asyncio.Event()

    async def stall(_: object) -> str:
        gone.set()
        await go_on.wait()
        return TAKEN

    mail_server.on_data = [stall]
    handler = asyncio.create_task(mailer.mails.tickets_issued(issued, delivery_of(issued)))
    await gone.wait()
    handler.cancel()
    await asyncio.gather(handler, return_exceptions=True)
    meanwhile = await mailer.mails.tickets_issued(issued, delivery_of(issued))
    go_on.set()

    async def sent() -> bool:
        return bool((await row(pool))["status"] == "sent")

    assert isinstance(meanwhile, Later)
    assert not meanwhile.counts
    await eventually(sent)
    assert await mailer.mails.tickets_issued(issued, delivery_of(issued)) == Done()
    assert len(mail_server.received) == 1


async def test_a_mail_that_can_not_be_recorded_holds_up_no_worker_and_is_recorded_when_it_can_be(
    a_mailer: Callable[..., Any], database: FaultProxy, mail_server: MailServer, pool: "Pool[Any]"
) -> None:
    mailer, issued = await a_mailer(), tickets_issued()
    going_away_after(mail_server, database)
    with capture_logs() as logs:
        verdicts = [await mailer.mails.tickets_issued(issued, delivery_of(issued)) for _ in range(3)]
        await make_due(pool)
        await database.start()

        async def recorded() -> bool:
            return bool((await row(pool))["status"] == "sent")

        await eventually(recorded)

    assert all(isinstance(verdict, Later) and not verdict.counts for verdict in verdicts)
    assert [entry["event"] for entry in logs].count("mail.not-recorded") == 1
    assert len(mail_server.received) == 1


async def test_closing_waits_for_what_was_handed_in_and_calls_off_the_rest(
    a_mailer: Callable[..., Any], objects: ObjectStore, mail_server: MailServer, pool: "Pool[Any]"
) -> None:
    mailer, first, second = await a_mailer(), tickets_issued(), tickets_issued("AAAAA-BBBBB")
    await objects.put(second.pdf.key, await objects.get(first.pdf.key))
    handed_in, addressed, go_on = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def stall_at_data(_: object) -> str:
        handed_in.set()
        await go_on.wait()
        return TAKEN

    async def stall_at_rcpt(_: object) -> str:
        addressed.set()
        await asyncio.Event().wait()
        return TAKEN

    mail_server.on_data, mail_server.on_rcpt = [stall_at_data], []
    handlers = [asyncio.create_task(mailer.mails.tickets_issued(first, delivery_of(first)))]
    await handed_in.wait()
    mail_server.on_rcpt = [stall_at_rcpt]
    handlers.append(asyncio.create_task(mailer.mails.tickets_issued(second, delivery_of(second))))
    await addressed.wait()
    for handler in handlers:
        handler.cancel()
    closing = asyncio.create_task(mailer.post.close(20.0))
    go_on.set()
    await closing

    rows = await pool.fetch("SELECT status, owner, not_before <= clock_timestamp() AS free FROM mails ORDER BY number")
    assert [row["status"] for row in rows] == ["sent", "pending"]
    assert (rows[1]["owner"], rows[1]["free"]) == (None, True)
    assert await pool.fetchval("SELECT count(*) FROM mailers") == 0


async def test_a_mailer_that_closes_without_having_recorded_is_not_gone_yet(
    a_mailer: Callable[..., Any], database: FaultProxy, mail_server: MailServer, pool: "Pool[Any]"
) -> None:
    mailer, issued = await a_mailer(), tickets_issued()
    going_away_after(mail_server, database)
    await mailer.mails.tickets_issued(issued, delivery_of(issued))
    await mailer.post.close(0.0)

    assert await pool.fetchval("SELECT count(*) FROM mailers WHERE id = (SELECT owner FROM mails)") == 1
