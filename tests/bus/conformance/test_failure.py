"""What becomes of a message whose handler fails, hangs, or dies with its process."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
import structlog
from structlog.testing import capture_logs

from shared.bus import Bus, DeadLetter, Delivery, Done, Later, Never, RetryPolicy, Verdict
from shared.bus.typed import handling
from shared.messages import EmailSent, message
from tests.bus.brokers import LEASE, Broker
from tests.bus.killing import Victim
from tests.bus.messages import KEY, QUEUE, Recorder, a_message, a_subscription, published, some_messages
from tests.servers.waiting import eventually

LONG = RetryPolicy(waits=(timedelta(seconds=30),), jitter=0.0)


@pytest.fixture(autouse=True)
async def quiet() -> AsyncIterator[None]:
    """Failing on purpose is not worth a page of log."""
    with capture_logs():
        yield
    structlog.reset_defaults()


def fail(delivery: Delivery) -> Verdict:
    raise ValueError(f"no good: {delivery.message.subject}")


async def the_dead(bus: Bus, count: int = 1) -> list[DeadLetter]:
    """The dead letters, once there are that many."""
    letters: list[DeadLetter] = []

    async def there() -> bool:
        nonlocal letters
        letters = await bus.dead_letters(QUEUE)
        return len(letters) >= count

    await eventually(there)
    return letters


async def test_a_raising_handler_gets_its_message_again_until_it_succeeds(bus: Bus) -> None:
    recorder = Recorder(lambda delivery: fail(delivery) if delivery.attempt < 3 else Done())
    await bus.subscribe(a_subscription(), recorder)
    hard = a_message()
    await published(bus, hard)
    await recorder.until(3)
    assert recorder.attempts(hard) == [1, 2, 3]
    assert await bus.dead_letters(QUEUE) == []


async def test_no_retry_comes_before_its_wait_is_over(bus: Bus) -> None:
    moments: list[float] = []

    async def fail_and_note(delivery: Delivery) -> Verdict:
        moments.append(time.monotonic())
        return Later("not yet")

    waits = (timedelta(milliseconds=50), timedelta(milliseconds=150))
    await bus.subscribe(a_subscription(retry=RetryPolicy(waits, jitter=0.0)), fail_and_note)
    await published(bus, a_message())
    await the_dead(bus)
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert len(gaps) == 2
    # A broker counts whole milliseconds.
    assert gaps[0] >= 0.049
    assert gaps[1] >= 0.149


async def test_a_handler_may_name_its_own_wait(bus: Bus) -> None:
    recorder = Recorder(lambda delivery: Later("soon", timedelta(milliseconds=20)) if delivery.attempt == 1 else Done())
    await bus.subscribe(a_subscription(retry=LONG), recorder)
    await published(bus, a_message())
    await recorder.until(2)


async def test_a_poisonous_message_is_buried_with_its_story_and_those_behind_go_on(bus: Bus) -> None:
    poison = a_message(subject="poison", body=b"ada@example.org")
    recorder = Recorder(lambda delivery: fail(delivery) if delivery.message == poison else Done())
    await bus.subscribe(a_subscription(concurrency=1), recorder)
    others = some_messages(20)
    before = datetime.now(UTC) - timedelta(seconds=5)
    await published(bus, poison, *others)
    (letter,) = await the_dead(bus)
    await recorder.until(23)
    assert set(recorder.ids) == {poison.id, *(other.id for other in others)}
    assert recorder.attempts(poison) == [1, 2, 3]
    assert (letter.message, letter.queue, letter.attempts) == (poison, QUEUE, 3)
    assert letter.reason.startswith("gave up at attempt 3: ValueError at test_failure.py:")
    assert letter.reason.endswith("ValueError: no good: poison")
    assert "ada@example.org" not in letter.reason
    assert before < letter.died_at < datetime.now(UTC) + timedelta(seconds=5)


async def test_never_means_no_second_attempt(bus: Bus) -> None:
    recorder = Recorder(lambda _: Never("unknown ticket type"))
    await bus.subscribe(a_subscription(), recorder)
    await published(bus, a_message())
    (letter,) = await the_dead(bus)
    assert (letter.reason, letter.attempts, len(recorder.seen)) == ("unknown ticket type", 1, 1)


async def test_later_without_counting_uses_up_no_attempts(bus: Bus) -> None:
    recorder = Recorder()

    def away_for_a_while(_: Delivery) -> Verdict:
        return Done() if len(recorder.seen) > 6 else Later("store is away", timedelta(milliseconds=10), counts=False)

    recorder.answer = away_for_a_while
    await bus.subscribe(a_subscription(), recorder)
    patient = a_message()
    await published(bus, patient)
    await recorder.until(7)
    assert recorder.attempts(patient) == [1] * 7


async def test_a_handler_over_its_time_limit_is_cancelled_and_tried_again(bus: Bus) -> None:
    recorder, cancelled = Recorder(), asyncio.Event()

    async def hang_once(delivery: Delivery) -> Verdict:
        await recorder(delivery)
        if delivery.attempt == 1:
            try:
                await asyncio.Event().wait()
            finally:
                cancelled.set()
        return Done()

    await bus.subscribe(a_subscription(time_limit=0.1), hang_once)
    await published(bus, a_message())
    await recorder.until(2)
    assert cancelled.is_set()


async def test_a_cancellation_from_inside_the_handler_counts_as_a_failure(bus: Bus) -> None:
    def cancelled_by_a_library(delivery: Delivery) -> Verdict:
        if delivery.attempt == 1:
            raise asyncio.CancelledError
        return Done()

    recorder = Recorder(cancelled_by_a_library)
    await bus.subscribe(a_subscription(), recorder)
    hit = a_message()
    await published(bus, hit)
    await recorder.until(2)
    assert recorder.attempts(hit) == [1, 2]


async def test_a_waiting_retry_holds_up_nobody(bus: Bus) -> None:
    late = a_message()
    recorder = Recorder(lambda delivery: Later("not yet") if delivery.message == late else Done())
    await bus.subscribe(a_subscription(concurrency=1, retry=LONG), recorder)
    await published(bus, late)
    await recorder.until(1)
    others = some_messages(20)
    await published(bus, *others)
    await recorder.until(21)
    assert recorder.ids == [late.id, *(other.id for other in others)]

    async def settled() -> bool:
        (status,) = await bus.status([QUEUE])
        return (status.ready, status.waiting, status.dead) == (0, 1, 0)

    await eventually(settled)


async def test_an_unreadable_message_goes_straight_to_the_dead_letters(bus: Bus) -> None:
    sent: list[str] = []

    async def note(fact: EmailSent, delivery: Delivery) -> Verdict:
        sent.append(fact.number)
        return Done()

    await bus.subscribe(a_subscription(keys=[EmailSent.key]), handling(EmailSent, note))
    good = message(EmailSent(number="7K2MX-Q4P9D", template="tickets", recipient="ada@example.org"), "mailer")
    another_type, another_version = (
        good.body.replace(b"email.sent.v1", key) for key in (b"email.lost.v1", b"email.sent.v2")
    )
    bad = [
        a_message(EmailSent.key, body=body)
        for body in (
            b"",
            b"{",
            b"[]",
            b"\xff\xfe",
            b'{"specversion":"1.0"}',
            b"[" * 5000,
            another_type,
            another_version,
        )
    ]
    await published(bus, *bad, good)
    letters = await the_dead(bus, len(bad))
    assert {letter.message.id for letter in letters} == {each.id for each in bad}
    assert all(letter.reason.startswith("unreadable: ") and letter.attempts == 1 for letter in letters)
    assert sent == ["7K2MX-Q4P9D"]


async def test_a_replayed_letter_starts_afresh(bus: Bus) -> None:
    mended = False
    recorder = Recorder(lambda delivery: Done() if mended else fail(delivery))
    await bus.subscribe(a_subscription(), recorder)
    first, second = some_messages(2)
    await published(bus, first, second)
    await the_dead(bus, 2)
    mended = True
    assert await bus.replay(QUEUE, second.id)
    await recorder.until(7)
    assert recorder.seen[-1] == Delivery(second, QUEUE, attempt=1)
    assert not await bus.replay(QUEUE, second.id)
    assert not await bus.replay("nobody.there", first.id)
    assert [letter.message for letter in await the_dead(bus)] == [first]


async def test_a_discarded_letter_is_gone(bus: Bus) -> None:
    await bus.subscribe(a_subscription(), Recorder(lambda _: Never("no")))
    first, second = some_messages(2)
    await published(bus, first, second)
    await the_dead(bus, 2)
    assert await bus.discard(QUEUE, first.id)
    assert not await bus.discard(QUEUE, first.id)
    assert [letter.message for letter in await the_dead(bus)] == [second]


async def test_looking_at_dead_letters_leaves_them_in_their_order(bus: Bus) -> None:
    await bus.subscribe(a_subscription(concurrency=1), Recorder(lambda _: Never("no")))
    messages = some_messages(5)
    await published(bus, *messages)
    for _ in range(3):
        assert [letter.message for letter in await the_dead(bus, 5)] == messages
    assert [letter.message for letter in await bus.dead_letters(QUEUE, limit=2)] == messages[:2]
    assert await bus.dead_letters("nobody.there") == []


async def test_a_killed_consumer_gives_its_message_back_and_the_attempt_counts(bus: Bus, broker: Broker) -> None:
    recorder, held = Recorder(), a_message()
    await bus.declare(QUEUE, [KEY])
    await published(bus, held)
    async with Victim(broker.url, QUEUE, KEY) as victim:
        assert await victim.holding() == f"holding {held.id} 1"
        await victim.kill()
    await bus.subscribe(a_subscription(), recorder)
    await recorder.until(1)
    assert recorder.seen == [Delivery(held, QUEUE, attempt=2)]


async def test_a_service_told_to_stop_gives_its_message_back_and_no_attempt_counts(bus: Bus, broker: Broker) -> None:
    recorder, held = Recorder(), a_message()
    await bus.declare(QUEUE, [KEY])
    await published(bus, held)
    async with Victim(broker.url, QUEUE, KEY) as victim:
        assert await victim.holding() == f"holding {held.id} 1"
        assert await victim.stop() == 0
    await bus.subscribe(a_subscription(), recorder)
    await recorder.until(1)
    assert recorder.seen == [Delivery(held, QUEUE, attempt=1)]


async def test_a_message_that_kills_its_worker_every_time_is_buried(bus: Bus, broker: Broker) -> None:
    killer = a_message(subject="killer")
    await bus.declare(QUEUE, [KEY])
    await published(bus, killer)
    for attempt in (1, 2):
        async with Victim(broker.url, QUEUE, KEY) as victim:
            assert await victim.holding() == f"holding {killer.id} {attempt}"
            await victim.kill()
    recorder = Recorder()
    await bus.subscribe(a_subscription(retry=RetryPolicy((timedelta(milliseconds=10),))), recorder)
    (letter,) = await the_dead(bus)
    assert (letter.message, letter.attempts, recorder.seen) == (killer, 2, [])
    assert "killed" in letter.reason


async def test_a_handler_that_outlives_any_lease_keeps_its_message(bus: Bus, broker: Broker) -> None:
    release, slow, other = asyncio.Event(), Recorder(), Recorder()

    async def take_long(delivery: Delivery) -> Verdict:
        await slow(delivery)
        await release.wait()
        return Done()

    await bus.subscribe(a_subscription(), take_long)
    await published(bus, a_message())
    await slow.until(1)
    await (await broker.connect()).subscribe(a_subscription(), other)
    # The broker's own clock says when that is: twice the lease of these tests.
    clock = Recorder(lambda _: Later("tick", LEASE * 2, counts=False) if len(clock.seen) == 1 else Done())
    await bus.subscribe(a_subscription("tests.clock", ["clock.v1"]), clock)
    await published(bus, a_message("clock.v1"))
    await clock.until(2)
    release.set()
    await bus.close()
    assert (len(slow.seen), other.seen) == (1, [])
