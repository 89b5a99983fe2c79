"""The mails this process is at, by key: what was handed in is carried through to its record, whoever gives up on it."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from services.mailer.mails import MailKey
from services.mailer.store import ASK_AGAIN
from shared.bus import Later, Verdict


@dataclass(slots=True, eq=False)
class Work:
    """One mail's way. `handed_in`: the server may have it from here on, so only its record ends this."""

    handed_in: bool = False
    unrecorded: "asyncio.Future[None]" = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def must_wait(self) -> None:
        """The end is known and can't be recorded now."""
        if not self.unrecorded.done():
            self.unrecorded.set_result(None)


class InHand:
    """At most one `Work` a mail."""

    def __init__(self) -> None:
        self._works: dict[MailKey, tuple[Work, asyncio.Task[Verdict]]] = {}

    def __contains__(self, key: MailKey) -> bool:
        return key in self._works

    async def carry(self, key: MailKey, do: Callable[[Work], Coroutine[Any, Any, Verdict]]) -> Verdict:
        """Do it in a task of its own, and give its verdict: Later while what it did can't be recorded.

        Cancelled, it is called off if nothing was handed in, and goes on otherwise. Raises what `do` raises.
        """
        work = Work()
        task = asyncio.create_task(do(work))
        self._works[key] = work, task
        task.add_done_callback(lambda task: self._ended(key, task))
        try:
            await asyncio.wait((task, work.unrecorded), return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            if not work.handed_in:
                task.cancel()
            raise
        return task.result() if task.done() else Later("handed in, and not recorded yet", ASK_AGAIN, counts=False)

    async def close(self, grace: float) -> bool:
        """Call off what is not handed in, wait `grace` seconds for the rest; whether all of it is recorded."""
        for work, task in self._works.values():
            if not work.handed_in:
                task.cancel()
        tasks = [task for _, task in self._works.values()]
        if not tasks:
            return True
        _, left = await asyncio.wait(tasks, timeout=grace)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        return not left

    def _ended(self, key: MailKey, task: "asyncio.Task[Verdict]") -> None:
        del self._works[key]
        if not task.cancelled():
            # Read here, since nobody may be waiting for it any more.
            task.exception()
