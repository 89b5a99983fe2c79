"""Keeps parts running: started in order, started again when they end or no longer answer, stopped in reverse."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, Protocol

from boxoffice.child import describe_end
from boxoffice.failures import CannotStart
from boxoffice.watching import Patience, until_silent

FIRST_WAIT = 0.2
LONGEST_WAIT = 5.0
# A part that ran this long was sound: its next failure counts as the first.
SOUND_SECONDS = 30.0
# Of the time to stop, what each row that stops later is left with at least.
RESERVED_SECONDS = 0.7


class Part(Protocol):
    """Something that runs: a service's process, the embedded server."""

    @property
    def name(self) -> str: ...

    async def start(self) -> Any:
        """Returns once it serves. Raises `CannotStart`, and then nothing of it is left running."""

    async def ended(self) -> int:
        """Wait for its end; the exit code, negative for a signal."""

    async def stop(self, grace: float) -> None:
        """In order within `grace` seconds, then by force. Idempotent."""

    def kill(self) -> None:
        """By force, at once."""

    async def answers(self) -> bool:
        """Whether it does. May take its time, and may raise `OSError` for no."""

    def last_words(self) -> str:
        """What it said before it ended, in a line; empty when that tells nothing."""


def restart_wait(failures: int) -> float:
    """Seconds before the next start after so many failures in a row: 0.2, 0.4, 0.8, 1.6, 3.2, then 5."""
    return min(LONGEST_WAIT, FIRST_WAIT * 2.0 ** min(failures - 1, 10))


class Supervisor:
    """Owns the parts handed to it once they have started. `report` gets a line for a person."""

    def __init__(self, report: Callable[[str], None], patience: Patience | None = None) -> None:
        self._report = report
        self._patience = patience or Patience()
        self._rows: list[Sequence[Part]] = []
        self._keepers: list[asyncio.Task[None]] = []

    async def start(self, *parts: Part) -> None:
        """Start these side by side and keep them running from then on. Raises the first `CannotStart`."""
        self._rows.append(parts)
        starts = [asyncio.ensure_future(part.start()) for part in parts]
        try:
            await asyncio.gather(*starts)
        finally:
            for start in starts:
                start.cancel()
            await asyncio.wait(starts)
        self._keepers += [asyncio.create_task(self._keep(part)) for part in parts]

    async def stop(self, within: float) -> None:
        """What was started last stops first, those started together together, all `within` seconds. Idempotent."""
        ends = asyncio.get_running_loop().time() + within
        for keeper in self._keepers:
            keeper.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        self._keepers.clear()
        while self._rows:
            left = ends - asyncio.get_running_loop().time() - RESERVED_SECONDS * (len(self._rows) - 1)
            await asyncio.gather(*(part.stop(max(left, 0.1)) for part in self._rows[-1]))
            self._rows.pop()

    def kill(self) -> None:
        """Everything, at once."""
        for row in self._rows:
            for part in row:
                part.kill()

    def _tell(self, line: str) -> None:
        """Whoever reads us may be gone; what we keep running is not to go with them."""
        with suppress(OSError):
            self._report(line)

    async def _keep(self, part: Part) -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            begun = loop.time()
            end = await self._end_of(part)
            if loop.time() - begun > SOUND_SECONDS:
                failures = 0
            failures = await self._start_again(part, f"{part.name} {end}", failures + 1)

    async def _end_of(self, part: Part) -> str:
        """How it ended, by itself or by us when it had not answered for long."""
        ended = asyncio.ensure_future(part.ended())
        silent = asyncio.ensure_future(until_silent(part, self._patience, self._tell))
        try:
            await asyncio.wait([ended, silent], return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                return _obituary(ended.result(), part.last_words())
            part.kill()
            await ended
            return f"has not answered for {silent.result():.0f} s and was killed"
        finally:
            ended.cancel()
            silent.cancel()

    async def _start_again(self, part: Part, news: str, failures: int) -> int:
        while True:
            wait = restart_wait(failures)
            self._tell(f"{news}: starting it again in {wait:g} s")
            await asyncio.sleep(wait)
            try:
                await part.start()
            except Exception as error:
                # Whatever it is, the next try may fare better; without one the part would be down unseen.
                known = isinstance(error, CannotStart)
                news, failures = str(error) if known else f"{part.name} did not start ({error!r})", failures + 1
                continue
            self._tell(f"{part.name} runs again")
            return failures


def _obituary(code: int, last_words: str) -> str:
    return f"{describe_end(code)} ({last_words})" if code > 0 and last_words else describe_end(code)
