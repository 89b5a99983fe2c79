"""Rows as the domain's plain data, where more than one module reads them."""

from typing import Any
from uuid import UUID

from services.orders.catalogue import TicketType
from shared.values import times
from shared.values.orders import MAX_PLACES


def typed(kind: dict[str, Any]) -> dict[str, Any]:
    """A ticket type out of `json_agg`, where ids and times are text."""
    window = {name: kind[name] and times.stored_text(kind[name]) for name in ("on_sale_from", "on_sale_until")}
    return kind | window | {"id": UUID(kind["id"])}


def ticket_type(row: Any) -> TicketType:
    return TicketType(
        id=row["id"],
        slug=row["slug"],
        name=row["name"],
        description=row["description"],
        price=row["price_amount"],
        currency=row["currency"],
        capacity=row["capacity"],
        available=row["available"],
        # An older version took more than an order may have.
        max_per_order=min(row["max_per_order"], MAX_PLACES),
        on_sale_from=row["on_sale_from"],
        on_sale_until=row["on_sale_until"],
    )
