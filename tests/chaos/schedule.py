"""Which fault strikes when: decided by the seed alone, before anything runs."""

import asyncio
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.chaos.faults import Fault
from tests.chaos.journal import Journal


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds: how long a fault lasts, and the quiet after it; each between these two.

    A share of the faults lasts long: past every lease, and past what the services wait for an answer.
    """

    lasting: tuple[float, float] = (2.0, 14.0)
    quiet: tuple[float, float] = (3.0, 10.0)
    long: tuple[float, float] = (32.0, 45.0)
    long_share: float = 0.1

    def length(self, chance: random.Random) -> float:
        return chance.uniform(*(self.long if chance.random() < self.long_share else self.lasting))


@dataclass(frozen=True, slots=True)
class Strike:
    after: float
    fault: Fault
    seconds: float


def planned(faults: Sequence[Fault], pace: Pace, chance: random.Random) -> Iterator[Strike]:
    """Every fault once in a random order, and then again in another; without end."""
    while True:
        for fault in chance.sample(faults, k=len(faults)):
            yield Strike(chance.uniform(*pace.quiet), fault, pace.length(chance))


async def strike_all(plan: Iterator[Strike], journal: Journal, stop: asyncio.Event) -> None:
    """One after the other until `stop`; the one under way heals first."""
    for strike in plan:
        try:
            await asyncio.wait_for(stop.wait(), strike.after)
            return
        except TimeoutError:
            pass
        journal.note("begins", fault=strike.fault.name, seconds=strike.seconds, touches=strike.fault.touches)
        try:
            await strike.fault.strike(strike.seconds)
        except OSError as error:
            # Told in the end: what can't be done here was not shown.
            journal.note("impossible", fault=strike.fault.name, reason=str(error))
        journal.note("heals", fault=strike.fault.name)
