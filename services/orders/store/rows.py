"""Rows as the domain's plain data, where more than one module reads them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from services.orders.catalogue import TicketType


def typed(kind: dict[str, Any]) -> dict[str, Any]:
    """A ticket type out of `json_agg`, where ids and times are text."""
    times = {name: kind[name] and datetime.fromisoformat(kind[name]) for name in ("on_sale_from", "on_sale_until")}
    return kind | times | {"id": UUID(kind["id"])}


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
        max_per_order=row["max_per_order"],
        on_sale_from=row["on_sale_from"],
        on_sale_until=row["on_sale_until"],
    )
