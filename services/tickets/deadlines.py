"""How long an order may be drawn, how long it waits when that was not enough, and who counts as large."""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta

LARGE_TICKETS = 20
"""An order with more is large: the others take a tenth of a second at most."""

_REMEMBERED = 1000
_AT_BEST_SECONDS = 0.001


@dataclass(frozen=True, slots=True)
class RenderDeadlines:
    """`base` and `per_ticket` for each ticket, doubled for each try that was too slow, and at most `longest`.

    A ticket takes 1 to 5 ms on a core of its own, so the first deadline is twenty times that and more.
    """

    base: timedelta = timedelta(seconds=10)
    per_ticket: timedelta = timedelta(seconds=0.1)
    longest: timedelta = timedelta(minutes=4)

    def of(self, tickets: int, slow_tries: int) -> timedelta:
        return min((self.base + tickets * self.per_ticket) * (1 << min(slow_tries, 16)), self.longest)


def wait_after_slow(slow_tries: int) -> timedelta:
    """1, 10 and 60 seconds, then always 300: for ever, as being slow is no proof that it can't be drawn."""
    waits = (1, 10, 60, 300)
    return timedelta(seconds=waits[min(slow_tries, len(waits)) - 1])


class ReturnTimes:
    """When orders that were turned away come back: one after another, as fast as `processes` could draw them at best.

    So however many there are, they don't all come at once only to be turned away again.
    """

    def __init__(self, processes: int) -> None:
        self._seconds_per_ticket = _AT_BEST_SECONDS / processes
        self._free_at = 0.0

    def next(self, tickets: int, now: float) -> timedelta:
        """How long from `now`, a monotonic clock's seconds; a second at least."""
        self._free_at = max(self._free_at, now + 1) + tickets * self._seconds_per_ticket
        return timedelta(seconds=self._free_at - now)


class SlowRenders:
    """How often each order was too slow in this process, of the thousand that were so last."""

    def __init__(self) -> None:
        self._tries: OrderedDict[str, int] = OrderedDict()

    def tries(self, number: str) -> int:
        return self._tries.get(number, 0)

    def add(self, number: str) -> int:
        """One more; returns how many that makes."""
        self._tries[number] = self._tries.pop(number, 0) + 1
        while len(self._tries) > _REMEMBERED:
            self._tries.popitem(last=False)
        return self._tries[number]

    def forget(self, number: str) -> None:
        self._tries.pop(number, None)
