"""Tasks that must run as long as the service does: started by name, started again when they fall over.

What they need may be away for hours. That is two lines of the log for each of them, by its `Outage`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from shared.database import DatabaseUnavailable

log = structlog.get_logger()

RESTART_SECONDS = 1.0
# Longer than any of ours takes to clean up.
CANCEL_AGAIN_SECONDS = 3.0


# How soon a task that does something now and then tries again while the database is away.
RETRY_SECONDS = 5.0


class Outage:
    """One line when what a task needs goes away (`ACTION.away`), one when it is back (`ACTION.back`).

    Tell it of every failure and of every success. `ids` go into both lines.
    """

    def __init__(self, action: str, **ids: object) -> None:
        self._action = action
        self._ids = ids
        self.lasts = False

    def begins(self, error: BaseException | str) -> None:
        if not self.lasts:
            self.lasts = True
            reason = error if isinstance(error, str) else f"{type(error).__name__}: {error}"
            log.warning(f"{self._action}.away", **self._ids, reason=reason)

    def over(self) -> None:
        if self.lasts:
            self.lasts = False
            log.info(f"{self._action}.back", **self._ids)


async def repeatedly(work: Callable[[], Awaitable[Any]], seconds: float, action: str) -> None:
    """Do `work` every so many seconds, for ever; while the database is away, every five."""
    outage = Outage(action)
    while True:
        try:
            await work()
            outage.over()
        except DatabaseUnavailable as error:
            outage.begins(error)
        await asyncio.sleep(min(seconds, RETRY_SECONDS) if outage.lasts else seconds)


class Background:
    """Owns long tasks. A task that raises, or ends by itself, is logged and started again after a second."""

    def __init__(self) -> None:
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        """Run `run()` for ever. Call from inside the running loop."""
        self._tasks.append(asyncio.create_task(self._keep_running(name, run), name=name))

    async def close(self) -> None:
        """Cancel all and wait until they are gone.

        Again after a while: a cancel may be swallowed, as by Python 3.11's `wait_for` when what it waits for ends
        in the same moment.
        """
        running = set(self._tasks)
        while running:
            for task in running:
                task.cancel()
            _, running = await asyncio.wait(running, timeout=CANCEL_AGAIN_SECONDS)
        self._tasks.clear()

    async def _keep_running(self, name: str, run: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await run()
                if not is_cancelled():
                    log.error("background.ended", task=name)
            except asyncio.CancelledError:
                # A library may raise this when its connection dies; only a cancel meant for us ends us.
                if is_cancelled():
                    raise
                log.warning("background.cancelled", task=name)
            except Exception:
                log.exception("background.failed", task=name)
            if is_cancelled():
                return
            await asyncio.sleep(RESTART_SECONDS)


def is_cancelled() -> bool:
    """Whether the task that asks has been told to end, whether it has noticed or not."""
    return bool((current := asyncio.current_task()) and current.cancelling())
