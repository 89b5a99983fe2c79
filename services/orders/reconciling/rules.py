"""When what an order waits for is asked for again. Nothing here reads a clock or asks a broker.

Waits, in minutes: 2, 4, 8, 16, 32, then 60 (28 times in all: a day), then once a day.

An honest backlog is no loss, and asking again would double it. While more than `CALM` messages move through the
queues of an order's way, only orders that were overtaken are asked for again: one placed a minute after they were
last asked for is fulfilled. And whatever waits for its next attempt, as mails that a server put off do, is not asked
for without end: nothing is while more than `AT_MOST_EACH` messages wait for every order that does.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

CALM = 1000
AT_MOST_EACH = 2
OVERTAKEN_BY = timedelta(minutes=1)
HOURLY_UNTIL = 28
DAILY = timedelta(days=1)

# Announced again so long after the one before; a key's last wait repeats.
ANNOUNCED_AFTER = (
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(days=1),
    timedelta(days=2),
    timedelta(days=4),
)

Wait = timedelta | None
WaitsFor = Literal["tickets", "mail", "cancellation mail"]
Scope = Literal["all", "overtaken", "none"]


@dataclass(frozen=True, slots=True)
class Waits:
    """`first` is how long an order may take before anybody looks; `every` the pause between two looks."""

    first: timedelta = timedelta(minutes=2)
    longest: timedelta = timedelta(hours=1)
    every: timedelta = timedelta(seconds=10)
    # Orders whose ids were drawn so much earlier than they were committed, or by a clock so wrong, are found too.
    second_walk: timedelta = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Load:
    """What is under way: rows of our outbox, messages ready or in flight, messages waiting for another attempt;
    and how many orders are `watched`."""

    outbox: int
    moving: int
    waiting: int
    watched: int


def scope(load: Load) -> Scope:
    """Whom to ask for again."""
    if load.outbox > CALM or load.waiting > CALM + AT_MOST_EACH * load.watched:
        return "none"
    return "overtaken" if load.moving > CALM else "all"


def overtaken_before(fulfilled_to: datetime | None) -> datetime | None:
    """Who was last asked for before this was overtaken; None: nobody was."""
    return fulfilled_to - OVERTAKEN_BY if fulfilled_to else None


def wait_after(times: int, waits: Waits) -> timedelta:
    """From asking for the `times`th time, counted from 1, to the next.

    >>> [wait_after(times, Waits()).total_seconds() / 60 for times in (1, 2, 5, 6, 28)]
    [4.0, 8.0, 60.0, 60.0, 1440.0]
    """
    if times >= HOURLY_UNTIL:
        return DAILY
    doubled: timedelta = waits.first * 2 ** min(times, 10)
    return min(doubled, waits.longest)


def announced_again_after(times: int, *, for_good: bool) -> Wait:
    """The wait after `times` repetitions; None when that was the last, which `for_good` never is."""
    if times < len(ANNOUNCED_AFTER):
        return ANNOUNCED_AFTER[times]
    return ANNOUNCED_AFTER[-1] if for_good else None
