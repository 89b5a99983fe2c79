"""What a service need not remember for ever, forgotten a little at a time.

The inbox keeps a message's id for 30 days. That outlives every way a message comes a second time by
itself: a relay's or a publisher's repetition (minutes, or as long as an outage), retries (two weeks for
the longest schedule one would set), a broker's backup. A dead letter replayed after that is treated as
new: its effect is bounded by the natural keys (an order's tickets, a mail's occasion).

Forgetting takes short statements that lock only rows nobody else wants, in place of dropping partitions:
a unique key over partitions would have to hold the time, and a second delivery does not know the first one's.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from functools import partial
from typing import Any

from shared.background import repeatedly
from shared.database import Pool, connection

INBOX_KEPT = timedelta(days=30)
BATCH = 1000
SWEEP_SECONDS = 600.0
# Leaves the database to others between batches: at most some 20,000 rows a second.
PAUSE_SECONDS = 0.05


def forgetting(pool: "Pool[Any]", kept: timedelta = INBOX_KEPT) -> Callable[[], Awaitable[None]]:
    """For `Background.start`: sweeps the service's inbox every 10 minutes. Safe side by side."""

    return partial(repeatedly, partial(forget_old_messages, pool, kept), SWEEP_SECONDS, "inbox")


async def forget_old_messages(pool: "Pool[Any]", kept: timedelta, batch: int = BATCH) -> int:
    """One sweep; returns how many ids went. Raises `DatabaseUnavailable`.

    Each batch begins where the last one ended: while someone holds an old snapshot, the index entries of
    what is gone stay, and beginning at the oldest would pass all of them each time.
    """
    gone, oldest = 0, None
    while True:
        async with connection(pool) as held:
            times = await held.fetch(_FORGET, kept, oldest, batch)
        gone += len(times)
        if len(times) < batch:
            return gone
        oldest = max(row["received_at"] for row in times)
        await asyncio.sleep(PAUSE_SECONDS)


_FORGET = """
    DELETE FROM inbox WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM inbox
        WHERE received_at < now() - $1::interval AND received_at >= coalesce($2::timestamptz, '-infinity')
        ORDER BY received_at LIMIT $3 FOR UPDATE SKIP LOCKED
    ))
    RETURNING received_at
"""
