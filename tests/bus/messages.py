"""Builders and a handler that keeps what it was given."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from shared.bus import Bus, BusError, BusUnavailable, Delivery, Done, Message, RetryPolicy, Subscription, Verdict
from shared.identifiers import uuid7

QUEUE = "tests.thing-happened"
KEY = "thing.happened.v1"
QUICK = RetryPolicy(waits=(timedelta(milliseconds=30), timedelta(milliseconds=60)), jitter=0.0)


def a_message(
    key: str = KEY, subject: str = "7K2MX-Q4P9D", body: bytes = b'{"specversion":"1.0"}', identity: str = ""
) -> Message:
    return Message(id=identity or str(uuid7()), key=key, subject=subject, body=body)


def some_messages(count: int, key: str = KEY) -> list[Message]:
    return [a_message(key, subject=f"number-{number}") for number in range(count)]


def a_subscription(
    queue: str = QUEUE,
    keys: Sequence[str] = (KEY,),
    concurrency: int = 10,
    time_limit: float = 60.0,
    retry: RetryPolicy = QUICK,
) -> Subscription:
    return Subscription(queue, tuple(keys), concurrency, timedelta(seconds=time_limit), retry)


@dataclass(slots=True)
class Recorder:
    """A handler that keeps each delivery and answers as it is told: Done when nothing else."""

    answer: Callable[[Delivery], Verdict] = lambda _: Done()
    seen: list[Delivery] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def __call__(self, delivery: Delivery) -> Verdict:
        self.seen.append(delivery)
        self.changed.set()
        return self.answer(delivery)

    @property
    def ids(self) -> list[str]:
        return [delivery.message.id for delivery in self.seen]

    @property
    def seen_messages(self) -> list[Message]:
        return [delivery.message for delivery in self.seen]

    def attempts(self, message: Message) -> list[int]:
        return [delivery.attempt for delivery in self.seen if delivery.message.id == message.id]

    async def until(self, count: int) -> None:
        """Wait for that many deliveries."""
        await self.until_it(lambda: len(self.seen) >= count, within=30 + count / 500)

    async def until_it(self, holds: Callable[[], bool], within: float = 30) -> None:
        try:
            async with asyncio.timeout(within):
                while not holds():
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            raise AssertionError(f"after {within:g} s there are {len(self.seen)} deliveries") from None


async def published(bus: Bus, *messages: Message) -> None:
    """Publish what must be taken at once."""
    outcomes = await bus.publish(messages)
    assert outcomes == [None] * len(messages)


async def published_stubbornly(bus: Bus, messages: Sequence[Message]) -> None:
    """Publish again what was not confirmed, as the relay does; over any outage that a test makes."""
    left = list(messages)
    async with asyncio.timeout(180):
        while left:
            outcomes: list[BusError | None] = await bus.publish(left)
            assert all(outcome is None or isinstance(outcome, BusUnavailable) for outcome in outcomes)
            left = [message for message, outcome in zip(left, outcomes, strict=True) if outcome is not None]
            await asyncio.sleep(0.02 if left else 0)
