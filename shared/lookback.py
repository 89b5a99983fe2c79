"""How far back a look into a queue's table must reach.

While someone holds an old snapshot open, Postgres can't clear away what has left a table, and a look
from the beginning steps over all of it: after 50,000 messages 100 ms instead of 1 ms. Rows come in
(nearly) by ascending id and fall due (nearly) in the order of time, so most looks may begin near
where the last one ended. One a second reaches further back, and one in ten seconds begins at the
beginning, to find the exceptions.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta

# Ids are drawn before their transactions commit: a row may turn up this far behind one already seen,
# and under a heavy load of many publishers further.
ID_MARGIN, WIDE_ID_MARGIN = 500, 20_000
WIDE_SECONDS = 1.0
DUE_MARGIN_SECONDS = 2.0
DUE_SECONDS = 0.2
FULL_SECONDS = 10.0
FOREVER = timedelta(days=36_500)


@dataclass(frozen=True, slots=True)
class Reach:
    """Look at ready rows from this id on, and at those that fell due within this time."""

    first_id: int
    due_within: timedelta


class Lookback:
    """What one reader has seen of one table."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.forget()

    def forget(self) -> None:
        """The next look begins at the beginning."""
        self._seen = 0
        self._full_at: float | None = None
        self._due_at = self._wide_at = 0.0

    def reach(self, something_is_due: bool = False) -> Reach:
        """For the look that is about to be made; `something_is_due` when the reader knows of a wait that is over."""
        now = self._clock()
        if self._full_at is None or now - self._full_at >= FULL_SECONDS:
            self._full_at = self._due_at = self._wide_at = now
            return Reach(0, FOREVER)
        return Reach(self._first_id(now), self._due_within(now, something_is_due))

    def saw(self, fresh_ids: Iterable[int]) -> None:
        """These were the oldest ready rows."""
        self._seen = max(self._seen, min(fresh_ids, default=0))

    def _first_id(self, now: float) -> int:
        if now - self._wide_at < WIDE_SECONDS:
            return max(0, self._seen - ID_MARGIN)
        self._wide_at = now
        return max(0, self._seen - WIDE_ID_MARGIN)

    def _due_within(self, now: float, something_is_due: bool) -> timedelta:
        since = now - self._due_at
        if since < DUE_SECONDS and not something_is_due:
            return timedelta(0)
        self._due_at = now
        return timedelta(seconds=since + DUE_MARGIN_SECONDS)
