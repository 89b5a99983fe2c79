"""What Redis' own clients see, and what only Redis does to us."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import pytest
from redis.asyncio import Redis
from structlog.testing import capture_logs

from shared.bus import BadBrokerUrl, Bus, BusUnavailable, Delivery, Done, Later, Never, Refused, Verdict, connect
from shared.bus.redis.address import Address
from shared.bus.redis.durability import WAITAOF_SINCE, Durability, look
from shared.bus.redis.sessions import Sessions
from tests.bus.brokers import healthy, open_bus
from tests.bus.messages import (
    KEY,
    QUEUE,
    Recorder,
    a_message,
    a_subscription,
    published,
    published_stubbornly,
    some_messages,
)
from tests.bus.own_redis import own_redis
from tests.servers.waiting import eventually

# redis-py's types are those of all its protocols and settings at once.
Client = Any
ALWAYS = ("--appendonly", "yes", "--appendfsync", "always")
NOW_AND_THEN = ("--appendonly", "yes", "--appendfsync", "everysec")


@pytest.fixture
async def parts() -> AsyncIterator[AsyncExitStack]:
    async with AsyncExitStack() as stack:
        yield stack


@pytest.fixture
async def bus(redis_bus_url: str) -> AsyncIterator[Bus]:
    made = await open_bus(redis_bus_url, "orders")
    yield made
    await made.close(timedelta(0))


@pytest.fixture
async def operator(redis_url: str) -> AsyncIterator[Client]:
    """A plain client of another team's."""
    async with Redis.from_url(redis_url, decode_responses=True, protocol=2) as client:
        yield client


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("redis://localhost:port", "must be redis://user:password@host"),
        ("redis://user:half/secret@localhost", "written as %2F"),
        ("redis://localhost?colour=red", "no option 'colour'"),
        ("redis://[::1", "must be redis://user:password@host"),
    ],
)
async def test_a_url_that_is_none_is_told_without_its_password(url: str, told: str) -> None:
    with pytest.raises(BadBrokerUrl, match=told) as refusal:
        await connect(url, source="test")
    assert "half" not in str(refusal.value)
    assert "secret" not in str(refusal.value)


async def test_an_entry_is_what_the_keys_say(bus: Bus, operator: Client, redis_prefix: str) -> None:
    await bus.declare(QUEUE, [KEY])
    sent = a_message()
    await published(bus, sent)
    ((_, fields),) = await operator.xrange(f"{redis_prefix}{QUEUE}")
    assert fields == {"id": sent.id, "key": KEY, "subject": sent.subject, "body": sent.body.decode()}


async def test_another_teams_stream_gets_the_messages_it_asked_for(
    bus: Bus, operator: Client, redis_prefix: str
) -> None:
    await operator.sadd(f"{redis_prefix}bound:{KEY}", "theirs")
    sent = a_message()
    await published(bus, sent)
    ((_, fields),) = await operator.xrange(f"{redis_prefix}theirs")
    assert fields["id"] == sent.id


@pytest.mark.parametrize("fields", [{"body": "{}"}, {"attempts": "many", "died-at": "x", "body": "{}"}, {"else": "7"}])
async def test_an_entry_of_a_plain_client_is_served_buried_and_replayed(
    bus: Bus, operator: Client, redis_prefix: str, fields: dict[str, str]
) -> None:
    recorder = Recorder(lambda _: Never("no") if len(recorder.seen) == 1 else Done())
    await bus.subscribe(a_subscription(), recorder)
    await operator.xadd(f"{redis_prefix}{QUEUE}", fields)

    async def replayed() -> bool:
        letters = await bus.dead_letters(QUEUE)
        return bool(letters) and await bus.replay(QUEUE, letters[0].message.id)

    await eventually(replayed)
    await recorder.until(2)
    assert recorder.seen[0] == recorder.seen[1]
    assert recorder.seen[0].message.body == fields.get("body", "").encode()


async def test_two_prefixes_share_a_server_and_nothing_else(redis_bus_url: str) -> None:
    ours, theirs = await open_bus(redis_bus_url), await open_bus(f"{redis_bus_url}other:")
    await ours.declare(QUEUE, [KEY])
    ours_first, theirs_first = await ours.publish([a_message()]), await theirs.publish([a_message()])
    await asyncio.gather(ours.close(), theirs.close())
    assert ours_first == [None]
    assert theirs_first != [None]


async def test_close_leaves_no_connection_and_no_consumer(
    redis_bus_url: str, operator: Client, redis_prefix: str
) -> None:
    name = redis_prefix.strip(":")

    async def connections() -> list[str]:
        return [client["name"] for client in await operator.client_list() if client["name"] == f"boxoffice-{name}"]

    recorder, bus = Recorder(), await open_bus(redis_bus_url, name)
    await bus.subscribe(a_subscription(), recorder)
    await published(bus, a_message())
    await recorder.until(1)
    assert len(await connections()) >= 3
    await bus.close()
    assert await operator.xinfo_consumers(f"{redis_prefix}{QUEUE}", "boxoffice") == []

    async def all_gone() -> bool:
        return not await connections()

    await eventually(all_gone)


async def test_settled_messages_take_no_room(bus: Bus, operator: Client, redis_prefix: str) -> None:
    recorder = Recorder(lambda delivery: Later("again") if delivery.attempt == 1 else Done())
    await bus.subscribe(a_subscription(), recorder)
    await published(bus, *some_messages(20))
    await recorder.until(40)

    async def nothing_left() -> bool:
        left = [
            await operator.xlen(f"{redis_prefix}{QUEUE}"),
            await operator.xlen(f"{redis_prefix}{QUEUE}.retry"),
            await operator.zcard(f"{redis_prefix}{QUEUE}.retry:due"),
        ]
        return left == [0, 0, 0]

    await eventually(nothing_left)


async def test_the_oldest_ready_messages_age_is_told(bus: Bus, operator: Client, redis_prefix: str) -> None:
    await bus.declare(QUEUE, [KEY])
    (seconds, _) = await operator.time()
    await operator.xadd(f"{redis_prefix}{QUEUE}", {"body": "{}"}, id=f"{(seconds - 90) * 1000}-0")
    (status,) = await bus.status([QUEUE])
    assert status.ready == 1
    assert status.oldest
    assert timedelta(seconds=80) < status.oldest < timedelta(seconds=120)


async def test_messages_trimmed_in_our_hands_raise_an_alarm_and_the_others_go_on(
    bus: Bus, operator: Client, redis_prefix: str
) -> None:
    stream, recorder, after = f"{redis_prefix}{QUEUE}", Recorder(), a_message()
    await bus.declare(QUEUE, [KEY])
    await published(bus, a_message())
    await operator.xreadgroup("boxoffice", "killed", {stream: ">"})
    await operator.xtrim(stream, 0, approximate=False)
    with capture_logs() as logs:
        await bus.subscribe(a_subscription(), recorder)

        async def told() -> bool:
            return any(line["event"] == "bus.messages_gone" and line["messages"] == 1 for line in logs)

        await eventually(told)
    await published(bus, after)
    await recorder.until(1)
    assert recorder.ids == [after.id]


async def test_a_lost_group_is_made_again_and_starts_at_the_beginning(
    bus: Bus, operator: Client, redis_prefix: str
) -> None:
    recorder = Recorder()
    await bus.subscribe(a_subscription(), recorder)
    await healthy(bus)
    await operator.xgroup_destroy(f"{redis_prefix}{QUEUE}", "boxoffice")
    last = a_message()
    await published(bus, last)
    await recorder.until(1)
    assert recorder.ids == [last.id]


async def test_an_emptied_redis_gets_its_queues_back(parts: AsyncExitStack) -> None:
    redis = await own_redis(parts)
    bus, recorder, after = await open_bus(redis.url), Recorder(), a_message()
    parts.push_async_callback(bus.close, timedelta(0))
    await bus.subscribe(a_subscription(), recorder)
    await healthy(bus)
    async with redis.client() as client:
        await client.flushall()
        await client.script_flush()

    async def taken_again() -> bool:
        return (await bus.publish([after])) == [None]

    await eventually(taken_again)
    await recorder.until(1)


async def test_a_killed_redis_loses_nothing_it_confirmed(parts: AsyncExitStack) -> None:
    redis = await own_redis(parts, *ALWAYS)
    publisher, consumer, recorder = await open_bus(redis.url), await open_bus(redis.url), Recorder()
    for bus in (publisher, consumer):
        parts.push_async_callback(bus.close, timedelta(0))
    await publisher.declare(QUEUE, [KEY])
    batches = [some_messages(40) for _ in range(15)]

    async def kill_again_and_again() -> None:
        for kill in range(1, 4):
            await recorder.until(kill * 100)
            await redis.kill()
            await redis.start()

    await consumer.subscribe(a_subscription(), recorder)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(kill_again_and_again())
        for batch in batches:
            await published_stubbornly(publisher, batch)
    wanted = {message.id for batch in batches for message in batch}
    await recorder.until_it(lambda: set(recorder.ids) >= wanted)


async def test_what_waits_or_died_outlives_a_killed_redis(parts: AsyncExitStack) -> None:
    redis = await own_redis(parts, *ALWAYS)
    bus, late, dead = await open_bus(redis.url), a_message(subject="late"), a_message(subject="dead")
    parts.push_async_callback(bus.close, timedelta(0))

    def decide(delivery: Delivery) -> Verdict:
        return Never("no") if delivery.message == dead else Later("not yet", timedelta(hours=1))

    await bus.subscribe(a_subscription(), Recorder(decide))
    await published(bus, late, dead)

    async def stands() -> bool:
        (status,) = await bus.status([QUEUE])
        return (status.ready, status.in_flight, status.waiting, status.dead) == (0, 0, 1, 1)

    await eventually(stands)
    await redis.kill()
    await redis.start()
    await eventually(stands, ignoring=(BusUnavailable,))
    assert [letter.message for letter in await bus.dead_letters(QUEUE)] == [dead]


async def test_a_frozen_redis_is_got_over(parts: AsyncExitStack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.bus.redis.address.ANSWER_SECONDS", 1.5)
    redis = await own_redis(parts)
    bus, recorder, message = await open_bus(redis.url), Recorder(), a_message()
    parts.push_async_callback(bus.close, timedelta(0))
    await bus.subscribe(a_subscription(), recorder)
    await healthy(bus)
    redis.send(signal.SIGSTOP)
    (outcome,) = await bus.publish([message])
    assert isinstance(outcome, BusUnavailable)

    async def noticed() -> bool:
        return not bus.healthy()

    await eventually(noticed)
    redis.send(signal.SIGCONT)
    await published_stubbornly(bus, [message])
    await recorder.until(1)
    assert set(recorder.ids) == {message.id}
    await healthy(bus)


async def test_a_full_redis_refuses_and_takes_messages_again(parts: AsyncExitStack) -> None:
    redis = await own_redis(parts)
    bus, recorder, message = await open_bus(redis.url), Recorder(), a_message()
    parts.push_async_callback(bus.close, timedelta(0))
    await bus.subscribe(a_subscription(), recorder)
    async with redis.client() as client:
        await client.config_set("maxmemory", "1mb")
        (outcome,) = await bus.publish([message])
        assert isinstance(outcome, Refused)
        await client.config_set("maxmemory", "0")
    await published(bus, message)
    await recorder.until(1)


@pytest.mark.parametrize(
    ("options", "loses"),
    [((), "everything since its last snapshot"), (ALWAYS, None)],
    ids=["memory", "always"],
)
async def test_a_redis_that_forgets_is_told_at_the_start(
    parts: AsyncExitStack, options: tuple[str, ...], loses: str | None
) -> None:
    redis = await own_redis(parts, *options)
    with capture_logs() as logs:
        await (await open_bus(redis.url)).close()
    told = [line["loses_in_a_crash"] for line in logs if line["event"] == "bus.redis_not_durable"]
    assert told == ([loses] if loses else [])


async def test_a_confirm_waits_for_the_disk_where_redis_can_tell(parts: AsyncExitStack) -> None:
    redis = await own_redis(parts, *NOW_AND_THEN)
    bus = await open_bus(redis.url)
    parts.push_async_callback(bus.close, timedelta(0))
    await bus.declare(QUEUE, [KEY])
    messages = some_messages(500)
    await published(bus, *messages)
    async with redis.client() as client:
        version = tuple(map(int, (await client.info("server"))["redis_version"].split(".")[:2]))
    how = await durability_of(redis.url)
    if version < WAITAOF_SINCE:
        assert how == Durability(waits=False, loses="the last second")
        return
    assert how == Durability(waits=True, loses=None)
    await redis.kill()
    await redis.start()
    assert (await eventually(lambda: bus.status([QUEUE]), ignoring=(BusUnavailable,)))[0].ready == 500


async def durability_of(url: str) -> Durability:
    sessions = Sessions(Address.of(url), "test", 1)
    try:
        return await look(sessions)
    finally:
        await sessions.close()


async def test_a_process_stuck_for_longer_than_its_lease_does_not_undo_what_another_did(
    bus: Bus, operator: Client, redis_prefix: str
) -> None:
    """Its late verdict on a message that is no longer its own changes nothing."""
    release, first = asyncio.Event(), Recorder()

    async def stuck(delivery: Delivery) -> Verdict:
        await first(delivery)
        await release.wait()
        return Never("too late to say")

    await bus.subscribe(a_subscription(), stuck)
    await published(bus, a_message())
    await first.until(1)
    stream = f"{redis_prefix}{QUEUE}"
    ((entry, fields),) = await operator.xrange(stream)
    await operator.xclaim(stream, "boxoffice", "another", 0, [entry])
    release.set()
    await bus.close()
    assert await operator.xrange(stream) == [(entry, fields)]
