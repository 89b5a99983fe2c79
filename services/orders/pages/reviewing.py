"""An order read back before it is placed."""

from dataclasses import dataclass
from typing import Any

from babel.numbers import format_decimal

from services.orders.catalogue import Event, TicketType
from services.orders.pages.filling import Filled
from services.orders.pages.offers import price_in_words
from services.orders.pages.readers import Reader

# Names are asked for one by one up to so many of a type; whoever orders more sends one list, by the API.
NAMED = 50


@dataclass(frozen=True, slots=True)
class Line:
    """`unit_price` is for the form that is sent back. `names` has one for each place, empty where none was given."""

    id: str
    name: str
    quantity: int
    count: str
    price: str
    unit_price: str
    names: tuple[str, ...]


def review(event: Event, filled: Filled, reader: Reader) -> dict[str, Any]:
    chosen = filled.chosen(event)
    total = sum(kind.price * count for kind, count in chosen)
    return {
        "lines": [_line(kind, count, filled, reader) for kind, count in chosen],
        "total": price_in_words(total, chosen[0][0].currency, reader),
    }


def _line(kind: TicketType, count: int, filled: Filled, reader: Reader) -> Line:
    given = tuple(filled.names.get(str(kind.id), ()))[:count]
    return Line(
        id=str(kind.id),
        name=kind.name,
        quantity=count,
        count=format_decimal(count, locale=reader.locale),
        price=price_in_words(kind.price * count, kind.currency, reader),
        unit_price=f"{kind.price} {kind.currency}",
        names=given + ("",) * (min(count, NAMED) - len(given)),
    )
