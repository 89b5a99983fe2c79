"""Watches an event loop for callbacks that block it.

What counts is the time a callback kept the loop from running while the kernel let it: time in which
the thread waited for a processor is taken off, or a busy machine would look like our fault.
(`/proc/thread-self/schedstat` holds nanoseconds run and nanoseconds waited, see the kernel's
Documentation/scheduler/sched-stats.rst.)
"""

import asyncio
import gc
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

SCHEDSTAT = Path("/proc/thread-self/schedstat")


@contextmanager
def blocking_calls(over: float) -> Iterator[list[str]]:
    """A list that fills with every callback that blocks for longer than `over` seconds."""
    found: list[str] = []
    original = asyncio.Handle._run

    def timed(handle: asyncio.Handle) -> None:
        began, waited = time.perf_counter(), _waited()
        original(handle)
        blocked = time.perf_counter() - began - (_waited() - waited)
        if blocked > over:
            found.append(f"{blocked * 1000:.0f} ms in {handle!r}")

    # A collection of what earlier tests left behind is not the request's doing.
    gc.collect()
    gc.freeze()
    asyncio.Handle._run = timed  # type: ignore[method-assign, assignment]
    try:
        yield found
    finally:
        asyncio.Handle._run = original  # type: ignore[method-assign]
        gc.unfreeze()


def _waited() -> float:
    return int(SCHEDSTAT.read_text().split()[1]) / 1e9
