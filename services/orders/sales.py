"""What was sold: by ticket type, and by day in the event's own time zone."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from shared.values.times import zone_for


@dataclass(frozen=True, slots=True)
class Sold:
    """`count` places of a type on a day (by its place among the days), for `revenue` in minor units."""

    ticket_type: UUID
    currency: str
    day: int
    count: int
    revenue: int


@dataclass(frozen=True, slots=True)
class Total:
    """Places, and what they brought in each currency."""

    count: int
    revenue: tuple[tuple[str, int], ...]


def days_between(first: datetime, last: datetime, zone: str) -> list[date]:
    """Every day from the one to the other, as the zone's calendar has it."""
    begin, end = (moment.astimezone(zone_for(zone, first, last)).date() for moment in (first, last))
    return [begin + timedelta(days=number) for number in range((end - begin).days + 1)]


def beginnings(days: Iterable[date], zone: str) -> list[datetime]:
    """When each day begins: at its first midnight, or where the clocks skip that, right after."""
    return [datetime.combine(day, time(), zone_for(zone)).astimezone(UTC) for day in days]


def total(rows: Sequence[Sold]) -> Total:
    revenue: Counter[str] = Counter()
    for row in rows:
        revenue[row.currency] += row.revenue
    return Total(sum([row.count for row in rows]), tuple(sorted(revenue.items())))
