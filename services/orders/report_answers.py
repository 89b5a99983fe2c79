"""What organisers read of their sales, as JSON. Revenue is a list: an amount for each currency."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date
from uuid import UUID

from services.orders import answers
from services.orders.answers import Json
from services.orders.catalogue import Event
from services.orders.sales import Sold, total
from services.orders.store import StoredOrder


def listed_order(order: StoredOrder, base: str) -> Json:
    """An order in its event's list, which has not the event again in each."""
    members = answers.order_members(
        number=order.number,
        status=order.status,
        placed_at=order.placed_at,
        event={},
        buyer={"name": order.buyer_name, "email": order.buyer_email},
        lines=order.lines,
        total=answers.money(order.total, order.currency),
        fulfilment=order.fulfilment,
    )
    del members["event"]
    return members | {"links": {"self": f"{base}/v1/orders/{order.number}"}}


def sales(event: Event, days: Sequence[date], sold: Sequence[Sold]) -> Json:
    """As a whole, by ticket type, and by day in the event's zone, days without sales among them."""
    by_day, by_type = defaultdict[int, list[Sold]](list), defaultdict[UUID, list[Sold]](list)
    for row in sold:
        by_day[row.day].append(row)
        by_type[row.ticket_type].append(row)
    kinds = [
        {
            "id": str(kind.id),
            "slug": kind.slug,
            "name": kind.name,
            "capacity": kind.capacity,
            "available": kind.available,
        }
        | _total(by_type[kind.id])
        for kind in event.ticket_types
    ]
    each = [{"date": day.isoformat()} | _day(by_day[place]) for place, day in enumerate(days)]
    whole = {"event": str(event.id), "timezone": event.timezone} | _total(sold)
    return whole | {"ticket_types": kinds, "days": each}


def _day(rows: Sequence[Sold]) -> Json:
    by_type = defaultdict[UUID, list[Sold]](list)
    for row in rows:
        by_type[row.ticket_type].append(row)
    return _total(rows) | {"ticket_types": [{"id": str(kind)} | _total(by_type[kind]) for kind in sorted(by_type)]}


def _total(rows: Sequence[Sold]) -> Json:
    whole = total(rows)
    return {"sold": whole.count, "revenue": [answers.money(amount, currency) for currency, amount in whole.revenue]}
