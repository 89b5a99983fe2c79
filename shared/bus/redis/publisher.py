"""Publishing: a script adds each batch to its queues, and the disk confirms it where Redis can tell."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha1
from typing import Any

from redis.exceptions import NoScriptError, ResponseError

from shared.bus.protocol import BusError, BusUnavailable, Message, Unroutable
from shared.bus.redis import durability
from shared.bus.redis.durability import Durability
from shared.bus.redis.sessions import SCRIPTS, Sessions, refusal

# Redis does nothing else while a script runs: a few milliseconds each.
BATCH_MESSAGES = 200
BATCH_BYTES = 4_194_304
DISK_SECONDS = 3.0

Outcomes = list[BusError | None]


@dataclass(frozen=True, slots=True)
class Call:
    """Someone's messages on their way, and who waits for their outcomes."""

    messages: Sequence[Message]
    answer: "asyncio.Future[Outcomes]"


class Publisher:
    """Sends what has come together while the last was on its way: no timer, and one wait for the disk for all."""

    def __init__(self, sessions: Sessions, prefix: str) -> None:
        self._sessions = sessions
        self._prefix = prefix
        self._sha = sha1(SCRIPTS["publish"].encode(), usedforsecurity=False).hexdigest()
        self._durability: Durability | None = None
        self._reported: Durability | None = None
        self._calls: list[Call] = []
        self._sending: asyncio.Task[None] | None = None

    async def send(self, messages: Sequence[Message]) -> Outcomes:
        """One outcome a message. Cancelled, they may still go."""
        call = Call(messages, asyncio.get_running_loop().create_future())
        self._calls.append(call)
        if self._sending is None or self._sending.done():
            self._sending = asyncio.create_task(self._send_calls())
        return await call.answer

    async def close(self) -> None:
        if self._sending:
            self._sending.cancel()
            await asyncio.gather(self._sending, return_exceptions=True)
        _answer(self._calls, [])

    async def _send_calls(self) -> None:
        while self._calls:
            calls, self._calls = self._calls, []
            outcomes: Outcomes = []
            try:
                outcomes = await self._send_all([message for call in calls for message in call.messages])
            finally:
                _answer(calls, outcomes)

    async def _send_all(self, messages: Sequence[Message]) -> Outcomes:
        batches = list(_batches(messages))
        try:
            how = await self.durability()
            replies, on_disk = await self._send(batches, how.waits)
        except BusUnavailable as error:
            # Whoever answers next may be another server.
            self._durability = None
            return [error] * len(messages)
        outcomes: Outcomes = []
        for batch, reply in zip(batches, replies, strict=True):
            outcomes += _outcomes(batch, reply, on_disk)
        return outcomes

    async def durability(self) -> Durability:
        """Looked up once a server. Raises `BusUnavailable`."""
        if self._durability is None:
            self._durability = await durability.look(self._sessions)
            if self._durability != self._reported:
                durability.report(self._durability)
                self._reported = self._durability
        return self._durability

    async def takes_messages(self) -> bool:
        """Whether Redis is there, and no replica."""
        try:
            async with self._sessions.use() as client:
                role = await client.role()
        except BusUnavailable:
            return False
        return role[0] in (b"master", "master")

    async def _send(self, batches: Sequence[Sequence[Message]], wait: bool) -> tuple[list[Any], Any]:
        """The replies to the batches, and to WAITAOF: how many servers have it on disk, ourselves and replicas."""
        async with self._sessions.use() as client:
            replies = await self._send_once(client, batches, wait)
            if any(isinstance(reply, NoScriptError) for reply in replies):
                await client.script_load(SCRIPTS["publish"])
                replies = await self._send_once(client, batches, wait)
        return (replies[:-1], replies[-1]) if wait else (replies, [1, 0])

    async def _send_once(self, client: Any, batches: Sequence[Sequence[Message]], wait: bool) -> list[Any]:
        async with client.pipeline(transaction=False) as pipe:
            for batch in batches:
                fields = [part for each in batch for part in (each.id, each.key, each.subject, each.body)]
                pipe.evalsha(self._sha, 0, self._prefix, *fields)
            if wait:
                pipe.execute_command("WAITAOF", 1, 0, int(DISK_SECONDS * 1000))
            return list(await pipe.execute(raise_on_error=False))


def _answer(calls: Sequence[Call], outcomes: Sequence[BusError | None]) -> None:
    """Give each call its share; where there are no outcomes the bus was closed on them."""
    shares = iter(outcomes)
    for call in calls:
        share = [next(shares, BusUnavailable("closed before Redis answered")) for _ in call.messages]
        if not call.answer.done():
            call.answer.set_result(share)


def _outcomes(batch: Sequence[Message], reply: Any, on_disk: Any) -> Outcomes:
    if isinstance(reply, ResponseError):
        return [refusal(reply)] * len(batch)
    unsure = None
    if isinstance(on_disk, ResponseError):
        unsure = refusal(on_disk)
    elif not on_disk[0]:
        unsure = BusUnavailable(f"Redis had it, and not on disk within {DISK_SECONDS:g} s")
    return [
        unsure if count else Unroutable(f"no queue is bound to {message.key}")
        for message, count in zip(batch, reply, strict=True)
    ]


def _batches(messages: Sequence[Message]) -> Iterator[list[Message]]:
    batch: list[Message] = []
    size = 0
    for message in messages:
        if batch and (len(batch) >= BATCH_MESSAGES or size + len(message.body) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(message)
        size += len(message.body)
    if batch:
        yield batch
