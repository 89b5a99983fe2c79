"""How many orders wait for longer than a while, for what, and since when: for gauges and operators."""

from dataclasses import dataclass
from datetime import timedelta

from services.orders.reconciling.rules import WaitsFor
from services.orders.store.reconciling import WAITS_FOR
from shared.database import Connection

# At least so long, and less than the next.
AGES = ("2m", "10m", "1h", "1d")
WAITED_FOR: tuple[WaitsFor, ...] = ("tickets", "mail", "cancellation mail")


@dataclass(frozen=True, slots=True)
class Unfulfilled:
    age: str
    waits_for: WaitsFor
    count: int
    oldest: timedelta


async def counted(connection: Connection, schema: str = "orders") -> list[Unfulfilled]:
    """By what they wait for and how long they have. Reads the few orders that are watched."""
    rows = await connection.fetch(
        f"""
        SELECT age, waits_for, count(*) AS count, max(waited) AS oldest FROM (
            SELECT now() - u.since AS waited, {WAITS_FOR} AS waits_for,
                   CASE WHEN now() - u.since >= interval '1 day' THEN '1d'
                        WHEN now() - u.since >= interval '1 hour' THEN '1h'
                        WHEN now() - u.since >= interval '10 minutes' THEN '10m' ELSE '2m' END AS age
              FROM {schema}.unfulfilled_orders u JOIN {schema}.orders o ON o.id = u.order_id
        ) AS watched WHERE waits_for IS NOT NULL AND waited >= interval '2 minutes' GROUP BY age, waits_for
        """  # noqa: S608 - names of ours
    )
    return [Unfulfilled(row["age"], row["waits_for"], row["count"], row["oldest"]) for row in rows]
