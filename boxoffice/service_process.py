"""A process of ours that answers HTTP: started with a command, serving once `/readyz` says so."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

from boxoffice.child import Child, Command, describe_end
from boxoffice.failures import CannotStart, WrongUsage
from boxoffice.logs import Ear
from boxoffice.web_calls import call

# A cold start on a busy small machine takes some 5 s; past this something is wrong.
READY_SECONDS = 60.0
POLL_SECONDS = 0.03
STOP_SECONDS = 3.0


class ServiceProcess:
    """One `boxoffice serve NAME`, or another command with a `/readyz` on `port`. See `supervisor.Part`."""

    def __init__(self, name: str, words: tuple[str, ...], environment: Mapping[str, str], port: int, ear: Ear) -> None:
        self.name = name
        self.port = port
        self._command = Command(words, environment)
        self._ear = ear
        self._child: Child | None = None
        self._has_served = False
        self._obstacle = f"see {ear.path}"

    @property
    def pid(self) -> int | None:
        return self._child.pid if self._child else None

    async def start(self) -> None:
        """The first time until it serves; later it may wait for what it needs, and is left to it."""
        self._ear.last_lines.clear()
        self._child = await Child.start(self._command, self._ear.hear)
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._until_ready(self._child)
            self._has_served = True
        except TimeoutError:
            if not self._has_served:
                await self.stop(STOP_SECONDS)
                raise CannotStart(f"{self.name} is not ready after {READY_SECONDS:g} s: {self._obstacle}") from None
        except BaseException:
            await self.stop(0)
            raise

    async def ended(self) -> int:
        return await self._child.ended() if self._child else 0

    async def stop(self, grace: float) -> None:
        if self._child:
            await self._child.stop(grace)

    def kill(self) -> None:
        if self._child:
            self._child.kill()

    async def answers(self) -> bool:
        return (await call(f"http://127.0.0.1:{self.port}/healthz")).status == 200

    def last_words(self) -> str:
        return (self._ear.unlogged() or [""])[-1].strip()

    async def _until_ready(self, child: Child) -> None:
        while child.exit_code is None:
            with suppress(OSError, TimeoutError, ValueError):
                answer = await call(f"http://127.0.0.1:{self.port}/readyz")
                if answer.status == 200:
                    return
                self._obstacle = answer.json().get("reason", self._obstacle)
            await asyncio.sleep(POLL_SECONDS)
        raise self._failure(await child.ended())

    def _failure(self, code: int) -> CannotStart:
        cried = self._ear.unlogged()
        if code == WrongUsage.exit_code:
            # Settings: each mistake is a line.
            return WrongUsage("\n".join(cried))
        reason = f"{self.name} {describe_end(code)}"
        return CannotStart(f"{reason}: {cried[-1].strip()}" if cried else f"{reason}: see {self._ear.path}")
