"""What becomes of a delivery: the same on every transport.

`attend` runs the handler and says what to do with the message; the transport does it.
"""

import asyncio
import random
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import structlog

from shared.bus.protocol import Delivery, Done, Handler, Later, Never, RetryPolicy, Subscription, Verdict

log = structlog.get_logger()

TRACE_FRAMES = 4
TRACE_CHARACTERS = 2000
# For a policy without waits whose handler still says "later, not counted".
DEFAULT_WAIT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Finish:
    """Remove the message."""


@dataclass(frozen=True, slots=True)
class Gone:
    """Nothing: the handler's own transaction has removed the message."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Bring the message back after `after`, with `attempts` counted so far."""

    after: timedelta
    attempts: int


@dataclass(frozen=True, slots=True)
class Bury:
    """Move the message to the dead letters."""

    reason: str
    attempts: int


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Put the message back as if it had not been taken."""


Settlement = Finish | Gone | Retry | Bury | GiveBack


async def attend(
    delivery: Delivery, subscription: Subscription, handler: Handler, roll: Callable[[], float] = random.random
) -> Settlement:
    """Run the handler within its time limit and decide. Raises CancelledError only when this task is cancelled."""
    if delivery.attempt > subscription.retry.max_attempts:
        verdict: Verdict = Never(f"its worker was killed, or lost its lease, on attempt {delivery.attempt - 1}")
        settlement = decide(verdict, delivery.attempt - 1, subscription.retry, roll())
        trace = ""
    else:
        verdict, trace = await _run(delivery, subscription, handler)
        settlement = decide(verdict, delivery.attempt, subscription.retry, roll())
    _report(delivery, verdict, settlement)
    if isinstance(settlement, Bury) and trace:
        return Bury(f"{settlement.reason}\n{trace}", settlement.attempts)
    return settlement


def decide(verdict: Verdict, attempt: int, policy: RetryPolicy, roll: float) -> Settlement:
    """What a verdict on this attempt means under this policy; `roll` in [0, 1) is the jitter's."""
    match verdict:
        case Done(acknowledged):
            return Gone() if acknowledged else Finish()
        case Never(reason):
            return Bury(reason, attempt)
        case Later(_, after, counts=False):
            return Retry(wait_after(attempt, policy, roll) if after is None else after, attempt - 1)
        case Later(_, after) if attempt < policy.max_attempts:
            return Retry(wait_after(attempt, policy, roll) if after is None else after, attempt)
        case Later(reason):
            return Bury(f"gave up at attempt {attempt}: {reason}", attempt)


def wait_after(attempt: int, policy: RetryPolicy, roll: float) -> timedelta:
    """The wait after this attempt failed, for the default policy 1, 5, 30, 120, 600 seconds ± 20 %.

    `roll` in [0, 1): 0 is the shortest, 0.5 the nominal wait.
    """
    nominal = policy.waits[min(attempt, len(policy.waits)) - 1] if policy.waits else DEFAULT_WAIT
    return nominal * (1 + policy.jitter * (2 * roll - 1))


async def _run(delivery: Delivery, subscription: Subscription, handler: Handler) -> tuple[Verdict, str]:
    limit = subscription.time_limit.total_seconds()
    clock = asyncio.timeout(limit)
    try:
        async with clock:
            return await handler(delivery), ""
    except asyncio.CancelledError as error:
        # Libraries raise this when a connection dies; it is a failure unless someone cancelled us.
        if (task := asyncio.current_task()) and task.cancelling():
            raise
        return Later(f"cancelled from inside at {_place(error)}"), _trace(error)
    except Exception as error:
        if clock.expired():
            return Later(f"took longer than {limit:g} s"), _trace(error)
        return Later(f"{type(error).__qualname__} at {_place(error)}"), _trace(error)


def _report(delivery: Delivery, verdict: Verdict, settlement: Settlement) -> None:
    ids = {"queue": delivery.queue, "message_id": delivery.message.id, "subject": delivery.message.subject}
    reason = getattr(verdict, "reason", "")
    if isinstance(settlement, Bury):
        log.error("bus.buried", **ids, attempts=settlement.attempts, reason=reason)
    elif isinstance(settlement, Retry):
        wait = round(settlement.after.total_seconds(), 3)
        log.warning("bus.retrying", **ids, attempt=delivery.attempt, reason=reason, seconds=wait)


def _place(error: BaseException) -> str:
    """Where it was raised, as `file:line`: fit for a log, where the error's own words might name people."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "an unknown place"


def _trace(error: BaseException) -> str:
    lines = traceback.format_exception(type(error), error, error.__traceback__, limit=-TRACE_FRAMES, chain=False)
    return "".join(lines)[-TRACE_CHARACTERS:].strip()
