"""The subscribers in docs/examples do as they say: whole programs, against a real RabbitMQ."""

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aio_pika
import pytest

from shared.bus import Bus, Message, connect
from shared.messages import EmailSent, TicketsFailed, message
from tests.bus.messages import published
from tests.docs.test_webhooks import RECEIVERS
from tests.servers.waiting import eventually

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
QUEUES = {"subscribe_aio_pika.py": "crm.orders", "subscribe_pika.py": "accounting.orders"}
KEY = "tickets.issued.v1"


@pytest.fixture
async def bus(amqp_url: str) -> AsyncIterator[Bus]:
    made = await connect(amqp_url, source="test")
    yield made
    await made.close()


@asynccontextmanager
async def running(example: str, url: str) -> AsyncIterator[asyncio.StreamReader]:
    """What the example prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(EXAMPLES / example)), env=os.environ | {"AMQP_URL": url}, stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout
    try:
        yield process.stdout
        assert process.returncode is None
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def test_every_example_is_run() -> None:
    assert {file.name for file in EXAMPLES.iterdir() if file.is_file()} == {*QUEUES, *RECEIVERS}


@pytest.mark.parametrize("example", QUEUES)
async def test_a_subscriber_of_another_team_gets_each_message_once(example: str, bus: Bus, amqp_url: str) -> None:
    async with running(example, amqp_url) as printed:
        issued = a_message("1")

        async def bound() -> bool:
            return (await bus.publish([issued])) == [None]

        await eventually(bound)
        not_theirs = message(EmailSent(number="1", template="t", recipient="r@example.org"), "mailer")
        await bus.publish([issued, not_theirs])
        await published(bus, Message("bad", KEY, "1", b"no JSON"), Message("worse", KEY, "1", b"[]"), a_message("2"))
        async with asyncio.timeout(20):
            assert [await printed.readline() for _ in range(2)] == [line("1"), line("2")]
        assert await eventually(lambda: count(amqp_url, f"{QUEUES[example]}.dead")) == 2


def a_message(number: str) -> Message:
    """The examples look at nothing but the number."""
    wrapped = message(TicketsFailed(number=number, reason=""), "tickets")
    return Message(wrapped.id, KEY, number, wrapped.body.replace(b"tickets.failed.v1", KEY.encode()))


def line(number: str) -> bytes:
    return f"boxoffice.{KEY} {number}\n".encode()


async def count(url: str, queue: str) -> int:
    """Messages in the queue once both bad ones are there, else 0."""
    async with await aio_pika.connect(url) as connection, connection.channel() as channel:
        found = (await channel.declare_queue(queue, passive=True)).declaration_result.message_count or 0
        return found if found >= 2 else 0
