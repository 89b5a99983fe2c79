"""What can be asked of queues. Everything here raises `BusUnavailable`, and `QueueGone` where one must exist."""

from collections.abc import Sequence
from datetime import timedelta

from redis.exceptions import ResponseError

from shared.bus.consuming import Bury, Finish, GiveBack, Gone, Retry, Settlement
from shared.bus.protocol import DeadLetter, QueueStatus
from shared.bus.redis import wire
from shared.bus.redis.keys import GROUP, Keys
from shared.bus.redis.sessions import Sessions, Value
from shared.bus.redis.wire import Taken

# Those of one run of the script: what is left is due in the next.
PROMOTED_AT_ONCE = 100
# A consumer reads every second: one silent for so long is dead.
SILENCE = timedelta(hours=1)
_MILLISECOND = timedelta(milliseconds=1)


class Queues:
    """All queues under one prefix, as seen by one consumer; `consumer` is its name in every group."""

    def __init__(self, sessions: Sessions, keys: Keys, consumer: str) -> None:
        self._sessions = sessions
        self._keys = keys
        self.consumer = consumer

    async def declare(self, queue: str, keys: Sequence[str]) -> None:
        """Bindings come last: a message that is routed finds the group in place, which starts at the beginning."""
        async with self._sessions.use() as client:
            try:
                await client.xgroup_create(self._keys.queue(queue), GROUP, "0", mkstream=True)
            except ResponseError as error:
                if not str(error).startswith("BUSYGROUP"):
                    raise
            for key in keys:
                await client.sadd(self._keys.bound(key), queue)

    async def read(self, reader: Sessions, queue: str, limit: int, seconds: float) -> list[Taken]:
        """Up to `limit` new messages, waiting for the first. `reader` is a connection of its own."""
        async with reader.use() as client:
            stream, block = self._keys.queue(queue), int(seconds * 1000)
            replies = await client.xreadgroup(GROUP, self.consumer, {stream: ">"}, count=limit, block=block)
        return [wire.taken(entry, fields) for _, entries in replies for entry, fields in entries]

    async def unblock(self, connection_id: int) -> None:
        """Have a read that waits return with nothing."""
        async with self._sessions.use() as client:
            await client.client_unblock(connection_id)

    async def claim(self, queue: str, limit: int, lease: timedelta) -> tuple[list[Taken], int]:
        """What was held for longer than `lease` without a sign of life, and how many such entries are no more."""
        arguments: list[Value] = [GROUP, self.consumer, lease // _MILLISECOND, limit]
        gone, entries = await self._sessions.run("claim", [self._keys.queue(queue)], arguments)
        return [wire.taken(entry, wire.pairs(fields), count) for entry, count, fields in entries], gone

    async def pending(self, queue: str) -> list[tuple[str, int]]:
        """The entries that are ours in Redis' eyes, each with how often it was delivered."""
        async with self._sessions.use() as client:
            rows = await client.xpending_range(self._keys.queue(queue), GROUP, "-", "+", 10_000, self.consumer)
        return [(row["message_id"].decode(), row["times_delivered"]) for row in rows]

    async def look_up(self, queue: str, entry: str, deliveries: int) -> Taken | None:
        async with self._sessions.use() as client:
            found = await client.xrange(self._keys.queue(queue), entry, entry)
        return wire.taken(entry.encode(), found[0][1], deliveries) if found else None

    async def renew(self, queue: str, held: Sequence[str]) -> int:
        """Prolong the leases of these entries; returns how many were still ours."""
        arguments = [GROUP, self.consumer, *held]
        return int(await self._sessions.run("renew", [self._keys.queue(queue)], arguments))

    async def settle(self, queue: str, settled: Sequence[tuple[Taken, Settlement]]) -> None:
        """Carry out what was decided, as far as the leases still hold; safe to repeat."""
        moves = [part for taken, what in settled if not isinstance(what, Finish | Gone) for part in _move(taken, what)]
        if moves:
            await self._sessions.run("move", self._all_keys(queue), [GROUP, self.consumer, *moves])
        if done := [taken.entry for taken, what in settled if isinstance(what, Finish | Gone)]:
            async with self._sessions.use() as client, client.pipeline(transaction=True) as pipe:
                pipe.xack(self._keys.queue(queue), GROUP, *done)
                pipe.xdel(self._keys.queue(queue), *done)
                await pipe.execute()

    async def promote(self, queue: str) -> float | None:
        """Put what has waited long enough back into the queue; the seconds until the next is due, if any waits."""
        left = int(await self._sessions.run("promote", self._all_keys(queue)[:3], [PROMOTED_AT_ONCE]))
        return None if left < 0 else left / 1000

    async def leave(self, queue: str) -> None:
        await self._sessions.run("leave", [self._keys.queue(queue)], [GROUP, self.consumer, SILENCE // _MILLISECOND])

    async def dead_letters(self, queue: str, limit: int) -> list[DeadLetter]:
        async with self._sessions.use() as client:
            entries = await client.xrange(self._keys.dead(queue), count=limit)
        return [wire.dead_letter_of(fields, queue) for _, fields in entries]

    async def exhume(self, queue: str, message_id: str, *, replay: bool) -> bool:
        """Take a dead letter away, and put it back into its queue when `replay`. False when there is none."""
        keys = [self._keys.queue(queue), self._keys.dead(queue), self._keys.dead_ids(queue)]
        return bool(await self._sessions.run("exhume", keys, [message_id, "replay" if replay else "discard"]))

    async def status(self, queue: str) -> QueueStatus:
        keys = [self._keys.queue(queue), self._keys.due(queue), self._keys.dead(queue)]
        ready, in_flight, waiting, dead, age = await self._sessions.run("status", keys, [GROUP])
        return QueueStatus(queue, ready, in_flight, waiting, dead, None if age < 0 else age * _MILLISECOND)

    def _all_keys(self, queue: str) -> list[str]:
        keys = self._keys
        return [keys.queue(queue), keys.retry(queue), keys.due(queue), keys.dead(queue), keys.dead_ids(queue)]


def _move(taken: Taken, what: Settlement) -> list[Value]:
    """As `move.lua` reads it."""
    match what:
        case Retry(after, attempts):
            return [taken.entry, taken.message.id, "retry", attempts, _milliseconds(after)]
        case Bury(reason, attempts):
            return [taken.entry, taken.message.id, "bury", attempts, reason.encode(errors="replace")]
        case GiveBack() | Finish() | Gone():
            return [taken.entry, taken.message.id, "back", taken.attempt - 1, ""]


def _milliseconds(wait: timedelta) -> int:
    """Rounded up: nothing comes before its time."""
    return max(0, -(-wait // _MILLISECOND))
