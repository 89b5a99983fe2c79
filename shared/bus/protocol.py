"""The promises every transport keeps.

Errors, drawn as the tree they are::

    BusError
    ├── BusUnavailable   the broker can't be reached or did not confirm in time: outcome unknown,
    │   │                publish the same message again (consumers drop duplicates by its id)
    │   └── Refused      the broker is there and did not take this message now (a full queue): likewise
    ├── Unroutable       no queue is bound to the key: nothing was stored, keep the message
    ├── Unsendable       its id, key or subject can't travel: trying again is no use
    │   └── TooLarge     over MAX_MESSAGE_BYTES: send a reference instead
    └── BadBrokerUrl     from `connect` alone: no transport serves it, says which URLs are allowed
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

import msgspec

MAX_MESSAGE_BYTES = 1_048_576


class BusError(Exception):
    """Anything the bus could not do; the driver's own exception hangs on as `__cause__`."""


class BusUnavailable(BusError):
    """No confirm: the message may or may not be stored. Publish it again, with the same id."""


class Refused(BusUnavailable):
    """The broker is there, and a queue did not take this message: it may in a while."""


class Unroutable(BusError):
    """No queue is bound to the message's key, so nothing was stored."""


class Unsendable(BusError):
    """The message can never be sent as it is; nothing was sent."""


class TooLarge(Unsendable):
    """The message's body is over `MAX_MESSAGE_BYTES`; nothing was sent."""


class BadBrokerUrl(BusError):
    """No transport serves this URL; says which schemes do."""


class Message(msgspec.Struct, frozen=True):
    """What travels: `body` is a CloudEvents 1.0 envelope as UTF-8 JSON, whose id is `id`.

    `key` is the routing key (`order.placed.v1`); `subject` is what the message is about, an order's
    confirmation number, and the thing per which order is kept.
    """

    id: str
    key: str
    subject: str
    body: bytes


class Receipt(msgspec.Struct):
    """A leased row of the bus inside Postgres; see `shared.bus.postgres.receipts`.

    `used` once a transaction has removed it, whether that was committed or not.
    """

    id: int
    token: UUID
    used: bool = False


class Delivery(msgspec.Struct, frozen=True):
    """A message in a handler's hands.

    `attempt` counts from 1, and counts the attempts on which a worker was killed or lost its lease.
    `receipt` is there where the message lies in the database that the handler writes to, so that one
    transaction can hold the effect and the acknowledgement; the handler is then `Done(acknowledged=True)`.
    """

    message: Message
    queue: str
    attempt: int
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """Handled: the message leaves its queue. `acknowledged`: it has, by its receipt, in the effect's transaction."""

    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class Later:
    """Not now. Comes back after `after`, or by the retry policy's schedule when None.

    Counts as an attempt unless `counts` is False (a dependency is away: not the message's fault).
    `reason` is logged: ids and causes, never a person's data.
    """

    reason: str
    after: timedelta | None = None
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Never:
    """No use trying again: the message goes to the dead letters with `reason`, which is logged too."""

    reason: str


Verdict = Done | Later | Never
Handler = Callable[[Delivery], Awaitable[Verdict]]


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Waits between attempts; after the last wait's attempt fails, the message is dead.

    The default waits 1, 5, 30, 120, 600 seconds (each ± `jitter` of itself), so six attempts in
    about 13 minutes.
    """

    waits: tuple[timedelta, ...] = tuple(timedelta(seconds=s) for s in (1, 5, 30, 120, 600))
    jitter: float = 0.2

    @property
    def max_attempts(self) -> int:
        return len(self.waits) + 1


@dataclass(frozen=True, slots=True)
class Subscription:
    """A queue (`service.key`, e.g. `tickets.order-placed`), the keys bound to it, and how to serve it.

    A key is bound whole, without wildcards. At most `concurrency` handlers of this subscription run
    at once in this process. A handler that runs longer than `time_limit` is cancelled and the attempt
    counts as failed.
    """

    queue: str
    keys: tuple[str, ...]
    concurrency: int = 10
    time_limit: timedelta = timedelta(seconds=60)
    retry: RetryPolicy = field(default_factory=RetryPolicy)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message given up on: why, after how many attempts, from which queue, since when.

    After `reason`'s first line come the last lines of the traceback where a handler raised.
    """

    message: Message
    queue: str
    reason: str
    attempts: int
    died_at: datetime


@dataclass(frozen=True, slots=True)
class QueueStatus:
    """How a queue stands.

    `ready` can be taken now, `in_flight` is in a handler's hands (over AMQP: in this process's, the
    broker does not tell others'), `waiting` waits for its next attempt, `dead` was given up on.
    `oldest` is the age of the oldest ready message; None when there is none, or over AMQP.
    """

    queue: str
    ready: int
    in_flight: int
    waiting: int
    dead: int
    oldest: timedelta | None


class Bus(Protocol):
    """A connection to the broker, made by `shared.bus.connect`. For one event loop."""

    async def publish(self, messages: Sequence[Message]) -> list[BusError | None]:
        """Publish and wait for the broker's confirms; one outcome per message, in the same order.

        None: stored durably in every queue bound to the key, and will be delivered at least once
        whatever dies next. An error: see its class; other messages of the batch are unaffected.
        Never raises for a message's sake. Cancelled: outcome unknown, as for `BusUnavailable`.
        """

    async def declare(self, queue: str, keys: Sequence[str]) -> None:
        """Have the queue exist and be bound to these keys, whoever serves it; bindings are only added.

        Returns once that is so. With the broker away it returns at once: the queue is declared as soon
        as the broker is there, and again whenever it comes back.
        """

    async def subscribe(self, subscription: Subscription, handler: Handler) -> None:
        """Declare the queue, as `declare` does, and serve it until `close`.

        A lost broker is rejoined by itself, with jitter. A handler that raises counts as `Later`; one
        that is cancelled by `close` gives its message back uncounted; a process that is killed gives
        back what it held, and the attempt counts. Messages behind a waiting or dead one go on.
        One subscription a queue in a process.
        """

    async def dead_letters(self, queue: str, limit: int = 100) -> list[DeadLetter]:
        """The queue's dead letters, oldest first; reading leaves them where they are.

        This and what follows, until `healthy`, raise `BusUnavailable` when the broker is away.
        """

    async def replay(self, queue: str, message_id: str) -> bool:
        """Put a dead letter back at the end of its queue with a fresh count of attempts.

        False when no such letter is there.
        """

    async def discard(self, queue: str, message_id: str) -> bool:
        """Drop a dead letter for good. False when no such letter is there."""

    async def status(self, queues: Sequence[str]) -> list[QueueStatus]:
        """How each of these queues stands now; one that does not exist has nothing in it."""

    def healthy(self) -> bool:
        """Whether the broker is there, with every queue declared and every subscription served, as far as is known.

        No I/O.
        """

    async def close(self, grace: timedelta = timedelta(seconds=5)) -> None:
        """Stop taking, let handlers finish within `grace`, cancel and give back the rest, disconnect.

        Safe to call more than once and concurrently.
        """
