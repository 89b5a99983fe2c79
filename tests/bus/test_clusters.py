"""Several RabbitMQ clusters: one of them killed, frozen or alarmed stops nothing and loses nothing.

The first of the two, which publishers prefer, is the one that fails. `make soak` sends 20,000 messages.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any, cast
from urllib.parse import urlsplit

import pytest
from structlog.testing import capture_logs

from shared import outbox
from shared.bus import (
    BadBrokerUrl,
    Bus,
    BusError,
    BusUnavailable,
    Delivery,
    Done,
    Message,
    Never,
    Unroutable,
    Verdict,
    connect,
)
from shared.bus.amqp import AmqpBus, Options
from shared.bus.clusters.failover import CHUNK_BYTES, CHUNK_MESSAGES, chunks
from shared.bus.clusters.opening import without_mark
from shared.database import Pool, close_pool, connection, open_pool, transaction
from shared.inbox import first_time
from shared.outbox import Relay
from tests.bus.brokers import healthy, open_bus
from tests.bus.conftest import Figure
from tests.bus.messages import KEY, QUEUE, Recorder, a_message, a_subscription, published, some_messages
from tests.servers.haproxy import HAProxy
from tests.servers.rabbitmq_node import Node
from tests.servers.waiting import eventually
from tests.soak import length

COUNT = length(2000, 20_000)
EFFECTS = "CREATE TABLE effects (message_id text NOT NULL)"


@dataclass(slots=True)
class Timed:
    """What a relay needs of a bus; notes the longest time in which nothing was confirmed though something was owed."""

    bus: Bus
    longest: float = 0.0
    since: float | None = None

    async def publish(self, messages: Sequence[Message]) -> list[BusError | None]:
        self.since = self.since or time.monotonic()
        outcomes = await self.bus.publish(messages)
        if None in outcomes:
            self.longest = max(self.longest, time.monotonic() - self.since)
            self.since = None
        return outcomes


@dataclass(slots=True)
class Flow:
    """Messages from an outbox, over the bus, to effects in the same database."""

    pool: "Pool[Any]"
    timed: Timed
    relay: Relay
    owed: list[Message] = field(default_factory=list)

    async def owe(self, count: int) -> None:
        messages = some_messages(count)
        self.owed += messages
        async with transaction(self.pool) as held:
            await outbox.add(held, messages)
        self.relay.wake()

    async def take(self, delivery: Delivery) -> Verdict:
        async with transaction(self.pool) as held:
            if await first_time(held, QUEUE, delivery.message.id):
                await held.execute("INSERT INTO effects VALUES ($1)", delivery.message.id)
        return Done()

    async def all_published(self) -> None:
        async def empty() -> bool:
            return (await self.relay.backlog()).count == 0

        await eventually(empty, within=120)

    async def effects(self) -> list[str]:
        async with connection(self.pool) as held:
            return [row["message_id"] for row in await held.fetch("SELECT message_id FROM effects")]

    async def at_least(self, count: int) -> None:
        async def there() -> bool:
            return len(await self.effects()) >= count

        await eventually(there, within=120)


@pytest.fixture
async def bus(clusters_url: str) -> AsyncIterator[Bus]:
    made = await connect(clusters_url, source="test")
    yield made
    await made.close(timedelta(0))


@pytest.fixture(params=["clusters_url", "haproxy_url"], ids=["direct", "haproxy"])
def way(request: pytest.FixtureRequest) -> str:
    """To the clusters directly, or through HAProxy."""
    url: str = request.getfixturevalue(request.param)
    return url


@pytest.fixture
async def flow(migrated_url: str, node: Node, clusters_url: str, way: str) -> AsyncIterator[Flow]:
    bus = await connect(way, source="test")
    pool = await open_pool(migrated_url, "orders")
    async with connection(pool) as held:
        await held.execute(EFFECTS)
    timed = Timed(bus)
    made = Flow(pool, timed, Relay(pool, cast(Bus, timed)))
    await bus.subscribe(a_subscription(), made.take)
    await healthy(bus)
    vhost = urlsplit(clusters_url.partition(",")[0]).path[1:]
    await eventually(partial(node.keeps, vhost, QUEUE, f"{QUEUE}.dead"))
    relaying = asyncio.create_task(made.relay.run())
    yield made
    relaying.cancel()
    await asyncio.gather(relaying, return_exceptions=True)
    await bus.close()
    await close_pool(pool)


@pytest.mark.soak
async def test_a_killed_cluster_and_a_frozen_one_lose_nothing_and_stop_nothing(
    flow: Flow, node: Node, clusters_url: str, balancer: HAProxy, figure: Figure
) -> None:
    inside = await stuck_inside(clusters_url.partition(",")[0], node, flow)
    try:
        await flow.owe(COUNT // 4)
        await flow.all_published()
        figure(f"a cluster killed: the longest publish took {flow.timed.longest:.2f} s")
    finally:
        await node.start()
    await flow.at_least(len(flow.owed) + len(inside))
    await publishing_to_the_first(flow.timed.bus, balancer)
    flow.timed.longest = 0.0
    await flow.owe(COUNT // 4)
    await flow.at_least(len(inside) + COUNT // 2 + COUNT // 16)
    node.freeze()
    try:
        await flow.owe(COUNT // 4)
        await flow.all_published()
        figure(f"a cluster frozen: the longest publish took {flow.timed.longest:.2f} s")
    finally:
        node.thaw()
    wanted = {message.id for message in flow.owed} | {message.id for message in inside}
    await flow.at_least(len(wanted))
    figure(f"{len(wanted)} messages, {len(wanted) - len(set(await flow.effects()))} lost")
    assert sorted(await flow.effects()) == sorted(wanted)


async def publishing_to_the_first(bus: Bus, balancer: HAProxy) -> None:
    async def both_up() -> bool:
        return await balancer.up() == {"a", "b"}

    async def in_service() -> bool:
        clusters = bus._clusters  # type: ignore[attr-defined]
        return await balancer.lines("b") == 0 and all(each.in_service and each.bus.healthy() for each in clusters)

    await eventually(both_up)
    await balancer.command("shutdown sessions server rabbitmq/b")
    await eventually(in_service)


async def stuck_inside(url: str, node: Node, flow: Flow) -> list[Message]:
    """Kill the first cluster while messages flow and right after it confirmed some to another publisher."""
    other = await open_bus(url)
    await other.declare(QUEUE, [KEY])
    await flow.owe(COUNT // 4)
    await flow.at_least(COUNT // 16)
    messages = some_messages(200)
    await published(other, *messages)
    await node.kill()
    await other.close(timedelta(0))
    return messages


async def test_a_memory_alarm_moves_publishers_on_until_it_is_over(bus: Bus, node: Node, clusters_url: str) -> None:
    first = await open_bus(clusters_url.partition(",")[0])
    recorder, messages = Recorder(), some_messages(500)
    await bus.subscribe(a_subscription(), recorder)
    await healthy(bus)
    await node.control("set_vm_memory_high_watermark", "0")
    with capture_logs() as told:
        try:
            assert isinstance((await first.publish([a_message()]))[0], BusUnavailable)
            await published(bus, *messages)
        finally:
            await node.control("set_vm_memory_high_watermark", "0.6")
        await recorder.until_it(lambda: set(recorder.ids) >= {message.id for message in messages})
        cluster = bus._clusters[0]  # type: ignore[attr-defined]
        await eventually(partial(_holds, lambda: cluster.in_service))
    said = [entry["event"] for entry in told if entry.get("cluster") == cluster.name]
    assert (said[0], said[-1]) == ("bus.cluster_aside", "bus.cluster_back")
    await first.close(timedelta(0))


async def test_a_message_that_one_cluster_has_no_queue_for_goes_to_the_next(bus: Bus, clusters_url: str) -> None:
    _, second = clusters_url.split(",")
    recorder, message = Recorder(), a_message()
    other = await open_bus(second)
    await other.subscribe(a_subscription(), recorder)
    await published(bus, message)
    await recorder.until(1)
    assert isinstance((await bus.publish([a_message("nobody.listens.v1")]))[0], Unroutable)
    assert bus.healthy()
    await other.close(timedelta(0))


async def test_concurrency_bounds_the_handlers_over_all_clusters(bus: Bus, clusters_url: str) -> None:
    running = most = 0
    done = Recorder()

    async def count(delivery: Delivery) -> Verdict:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0.001)
        running -= 1
        return await done(delivery)

    await bus.subscribe(a_subscription(concurrency=2), count)
    for url in clusters_url.split(","):
        single = await open_bus(url)
        await published(single, *some_messages(40))
        await single.close()
    await done.until(80)
    assert most == 2


async def test_dead_letters_and_counts_are_those_of_all_clusters(bus: Bus, clusters_url: str) -> None:
    await bus.subscribe(a_subscription(), Recorder(lambda _: Never("no")))
    letters = some_messages(2)
    for url, letter in zip(clusters_url.split(","), letters, strict=True):
        single = await open_bus(url)
        await published(single, letter)
        await single.close()

    async def both_dead() -> bool:
        return [status.dead for status in await bus.status([QUEUE])] == [2]

    await eventually(both_dead)
    assert {letter.message.id for letter in await bus.dead_letters(QUEUE)} == {letter.id for letter in letters}
    assert len(await bus.dead_letters(QUEUE, limit=1)) == 1
    assert [await bus.discard(QUEUE, letter.id) for letter in letters] == [True, True]
    assert not await bus.replay(QUEUE, letters[0].id)


async def test_operators_see_what_is_there_while_a_cluster_is_away(clusters_url: str) -> None:
    there = clusters_url.rpartition(",")[2]
    bus = await connect(f"amqp://guest:guest@127.0.0.1:1/,{there}", source="test")
    await bus.subscribe(a_subscription(), Recorder(lambda _: Never("no")))
    letter = a_message()
    await published(bus, letter)

    async def dead() -> bool:
        return [status.dead for status in await bus.status([QUEUE])] == [1]

    await eventually(dead)
    with pytest.raises(BusUnavailable, match="could not be asked"):
        await bus.discard(QUEUE, "elsewhere")
    assert await bus.discard(QUEUE, letter.id)
    await bus.close()


async def test_a_drained_cluster_gets_no_new_lines_and_old_ones_leave_it(
    balancer: HAProxy, clusters_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.bus.amqp.line.RETIRE_SECONDS", 0.3)
    options = Options(max_age=timedelta(milliseconds=300))
    bus = await AmqpBus.open(balancer.url(clusters_url.partition(",")[0]), "test", options)
    await bus.declare(QUEUE, [KEY])
    assert await balancer.command("set server rabbitmq/a state drain") == ""
    try:

        async def moved() -> bool:
            await published(bus, a_message())
            return await balancer.lines("a") == 0 and await balancer.lines("b") > 0

        await eventually(moved)
    finally:
        await balancer.command("set server rabbitmq/a state ready")
        await bus.close()


def test_a_large_batch_is_cut_by_number_and_by_size_in_its_order() -> None:
    many = some_messages(2 * CHUNK_MESSAGES + 1)
    assert [len(chunk) for chunk in chunks(many)] == [CHUNK_MESSAGES, CHUNK_MESSAGES, 1]
    assert [message for chunk in chunks(many) for message in chunk] == many
    large = [a_message(body=bytes(CHUNK_BYTES // 2)) for _ in range(5)]
    assert [len(chunk) for chunk in chunks(large)] == [2, 2, 1]
    assert list(chunks([])) == []


@pytest.mark.parametrize(
    ("urls", "what"),
    [
        ("amqp://a,amqp://a", "twice"),
        ("amqp://a,amqp://a?publish=only", "twice"),
        ("amqp://a?publish=only", "nobody would consume"),
        ("amqp://a?publish=only,amqp://b?publish=only", "nobody would consume"),
        ("amqp://a,amqp://b?publish=yes", "publish=only"),
    ],
)
async def test_a_list_of_clusters_that_can_not_work_is_told_why(urls: str, what: str) -> None:
    with pytest.raises(BadBrokerUrl, match=f"^BROKER_URL must be .*{what}"):
        await connect(urls, source="test")


def test_the_mark_of_a_way_for_publishers_alone_never_reaches_the_driver() -> None:
    assert without_mark("amqp://a/shop?publish=only&heartbeat=5") == ("amqp://a/shop?heartbeat=5", False)
    assert without_mark("amqp://a/shop?heartbeat=5") == ("amqp://a/shop?heartbeat=5", True)


async def _holds(fact: Callable[[], bool]) -> bool:
    return fact()
