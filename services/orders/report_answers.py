"""What organisers read of their sales, as JSON. Revenue is a list: an amount for each currency."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, date
from typing import cast
from uuid import UUID

from services.orders import answer_shapes as shapes
from services.orders import answers
from services.orders.catalogue import Event
from services.orders.sales import Sold, total
from services.orders.showing import each_shown
from services.orders.store import StoredOrder


def listed_orders(orders: Iterable[StoredOrder], base: str) -> list[shapes.ListedOrder]:
    """Each encoded by itself: one that can't be is left out."""
    return each_shown(
        orders,
        lambda order: cast(shapes.ListedOrder, answers.encoded(listed_order(order, base))),
        lambda order: order.number,
    )


def listed_order(order: StoredOrder, base: str) -> shapes.ListedOrder:
    """An order in its event's list, which has not the event again in each."""
    return {
        "confirmation_number": order.number,
        "status": order.status,
        "placed_at": order.placed_at.astimezone(UTC),
        "buyer": {"name": order.buyer_name, "email": order.buyer_email},
        "lines": order.lines,
        "total": answers.money(order.total, order.currency),
        "fulfilment": {"tickets": order.fulfilment.tickets, "email": order.fulfilment.email},
        "links": {"self": f"{base}/v1/orders/{order.number}"},
    }


def sales(event: Event, days: Sequence[date], sold: Sequence[Sold]) -> shapes.Sales:
    """As a whole, by ticket type, and by day in the event's zone, days without sales among them."""
    by_day, by_type = defaultdict[int, list[Sold]](list), defaultdict[UUID, list[Sold]](list)
    for row in sold:
        by_day[row.day].append(row)
        by_type[row.ticket_type].append(row)
    kinds: list[shapes.TypeSales] = [
        {
            "id": str(kind.id),
            "slug": kind.slug,
            "name": kind.name,
            "capacity": kind.capacity,
            "available": kind.available,
            **_total(by_type[kind.id]),
        }
        for kind in event.ticket_types
    ]
    each = [_day(day, by_day[place]) for place, day in enumerate(days)]
    return {
        "event": str(event.id),
        "timezone": event.timezone,
        **_total(sold),
        "ticket_types": kinds,
        "days": each,
    }


def _day(day: date, rows: Sequence[Sold]) -> shapes.DaySales:
    by_type = defaultdict[UUID, list[Sold]](list)
    for row in rows:
        by_type[row.ticket_type].append(row)
    kinds: list[shapes.TypeOnDay] = [{"id": str(kind), **_total(by_type[kind])} for kind in sorted(by_type)]
    return {"date": day, **_total(rows), "ticket_types": kinds}


def _total(rows: Sequence[Sold]) -> shapes.Total:
    whole = total(rows)
    return {"sold": whole.count, "revenue": [answers.money(amount, currency) for currency, amount in whole.revenue]}
