"""Whether what runs still answers: a process that was stopped (SIGSTOP) or hangs never ends by itself."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class Watched(Protocol):
    @property
    def name(self) -> str: ...

    async def answers(self) -> bool:
        """Whether it does; it may take its time, and may raise `OSError` for no."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds between two looks, for the answer to one, and without any answer until it is given up.

    Given up only after so many looks in a row that were not answered: a machine that was busy, or asleep, has time
    pass in one of them.
    """

    every: float = 1.0
    answer: float = 3.0
    silence: float = 15.0
    looks: int = 4


async def until_silent(part: Watched, patience: Patience, report: Callable[[str], None]) -> float:
    """Returns when it is to be given up, with the seconds for which it has not answered.

    The person is told once half the looks went unanswered, and when it answers again.
    """
    loop = asyncio.get_running_loop()
    answered, missed = loop.time(), 0
    while True:
        await asyncio.sleep(patience.every)
        if await _answers(part, patience.answer):
            if missed >= patience.looks // 2:
                report(f"{part.name} answers again")
            answered, missed = loop.time(), 0
            continue
        missed += 1
        silence = loop.time() - answered
        if missed == patience.looks // 2:
            report(f"{part.name} does not answer")
        if missed >= patience.looks and silence >= patience.silence:
            return silence


async def _answers(part: Watched, within: float) -> bool:
    try:
        async with asyncio.timeout(within):
            return await part.answers()
    except (OSError, TimeoutError):
        return False
