"""What came of an attempt, written down: in the delivery's log, and in how its endpoint stands."""

import asyncio
from datetime import datetime
from typing import Any

import structlog

from services.orders.store import webhook_deliveries as store
from services.orders.store.webhook_deliveries import LEASE, Note, Owed
from services.orders.webhooks.delivering import ATTEMPT_SECONDS
from services.orders.webhooks.outcomes import (
    Again,
    Answered,
    Delivered,
    GivenUp,
    Outcome,
    Step,
    explained,
    is_hopeless,
)
from shared.database import Connection, DatabaseUnavailable, Pool, transaction

log = structlog.get_logger()

NAMES = {Delivered: "delivered", Again: "postponed", GivenUp: "given-up"}
# What is left of the lease after the longest attempt.
NOTE_SECONDS = LEASE.total_seconds() - ATTEMPT_SECONDS
AGAIN_SECONDS = 1.0


async def settle(pool: "Pool[Any]", owed: Owed, step: Step, note: Note) -> None:
    """Note it, however often that takes while the lease lasts; after that, another may deliver it again."""
    ids = {"webhook": str(owed.webhook), "message_id": str(owed.message)}
    try:
        async with asyncio.timeout(NOTE_SECONDS):
            while not await _noted(pool, owed, step, note):
                await asyncio.sleep(AGAIN_SECONDS)
    except TimeoutError:
        log.warning("webhook.not-noted", **ids)
        return
    log.info(f"webhook.{NAMES[type(step)]}", **ids, attempt=owed.attempt, status=note.entry["status"])


def noted(step: Step, outcome: Outcome, at: datetime, milliseconds: int) -> Note:
    """What the log is to keep of an attempt begun at `at`."""
    entry = {
        "at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "status": outcome.status if isinstance(outcome, Answered) else None,
        "milliseconds": milliseconds,
        "detail": explained(outcome),
    }
    match step:
        case Again(wait):
            return Note("pending", wait, entry)
        case Delivered():
            return Note("delivered", None, entry)
        case _:
            return Note("failed", None, entry)


async def _noted(pool: "Pool[Any]", owed: Owed, step: Step, note: Note) -> bool:
    try:
        async with transaction(pool) as held:
            if await store.note(held, owed, note):
                await _judge_endpoint(held, owed, step)
        return True
    except DatabaseUnavailable:
        return False


async def _judge_endpoint(held: Connection, owed: Owed, step: Step) -> None:
    """What this attempt says of its endpoint. A working one costs no write."""
    match step:
        case Delivered():
            if owed.failing:
                await store.endpoint_works(held, owed.webhook)
        case GivenUp(gone=True):
            await _disable(held, owed, "gone")
        case _:
            pause = step.wait if isinstance(step, Again) and step.pause else None
            run = await store.endpoint_fails(held, owed.webhook, pause)
            if run and is_hopeless(run.failures, run.lasting):
                await _disable(held, owed, "failing")


async def _disable(held: Connection, owed: Owed, because: str) -> None:
    if await store.disable(held, owed.webhook, because):
        log.warning("webhook.disabled", webhook=str(owed.webhook), because=because)
