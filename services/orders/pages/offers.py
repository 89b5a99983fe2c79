"""An event as its page tells it: when, for how much, and how many are left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from babel.numbers import format_decimal
from markupsafe import Markup

from services.orders.catalogue import Event, TicketType
from services.orders.pages.occasions import Occasion, moment, occasion
from services.orders.pages.posters import poster
from services.orders.pages.readers import Reader
from services.orders.pages.wording.events import WORDS
from shared import money

# So few, or so small a part, is worth a warning.
FEW = 20
FEW_IN_A_HUNDRED = 5

Stock = Literal["plenty", "few", "none", "closed"]


@dataclass(frozen=True, slots=True)
class TypeOffer:
    """A ticket type in words. `most` is what one order may have of it now; 0 when there is nothing to order."""

    id: str
    name: str
    description: str
    price: str
    amount: int
    currency: str
    digits: int
    stock: Stock
    left: str
    most: int


@dataclass(frozen=True, slots=True)
class Offer:
    """An event in words. `price` is its cheapest; `stock` and `left` are those of all its types together."""

    id: str
    slug: str
    name: str
    description: str
    organiser: str
    venue: str
    address: str
    occasion: Occasion
    poster: Markup
    price: str
    stock: Stock
    left: str
    types: Sequence[TypeOffer]

    @property
    def on_sale(self) -> bool:
        return any(kind.most for kind in self.types)


def offer(event: Event, reader: Reader, now: datetime) -> Offer:
    types = [_type_offer(kind, event, reader, now) for kind in event.ticket_types]
    stock, left = _together(event, types, reader)
    return Offer(
        id=str(event.id),
        slug=event.slug,
        name=event.name,
        description=event.description,
        organiser=WORDS[reader.language].by.format(organiser=event.organiser),
        venue=event.venue_name,
        address=event.venue_address,
        occasion=occasion(event, reader),
        poster=poster(str(event.id)),
        price=_cheapest(event, reader),
        stock=stock,
        left=left,
        types=types,
    )


def closed(kind: TicketType, event: Event, now: datetime) -> bool:
    """Nothing of it is offered just now."""
    return not kind.on_sale(now, event.over_at)


def price_in_words(amount: int, currency: str, reader: Reader) -> str:
    return money.in_words(amount, currency, reader.locale) if amount else WORDS[reader.language].free


def _type_offer(kind: TicketType, event: Event, reader: Reader, now: datetime) -> TypeOffer:
    stock = "closed" if closed(kind, event, now) else _stock(kind.available, kind.capacity)
    return TypeOffer(
        id=str(kind.id),
        name=kind.name,
        description=kind.description,
        price=price_in_words(kind.price, kind.currency, reader),
        amount=kind.price,
        currency=kind.currency,
        digits=money.minor_digits(kind.currency),
        stock=stock,
        left=_closed(kind, event, reader, now) if stock == "closed" else _left(stock, kind.available, reader),
        most=0 if stock == "closed" else min(kind.available, kind.max_per_order),
    )


def _stock(available: int, capacity: int) -> Stock:
    if available == 0:
        return "none"
    return "few" if available <= FEW or available * 100 <= capacity * FEW_IN_A_HUNDRED else "plenty"


def _left(stock: Stock, available: int, reader: Reader) -> str:
    words = WORDS[reader.language]
    form = {"none": words.sold_out, "few": words.few}.get(stock, words.left)
    return form.format(count=format_decimal(available, locale=reader.locale))


def _closed(kind: TicketType, event: Event, reader: Reader, now: datetime) -> str:
    words = WORDS[reader.language]
    if kind.on_sale_from and now < kind.on_sale_from:
        return words.opens.format(when=moment(kind.on_sale_from, event, reader))
    return words.closed


def _together(event: Event, types: Sequence[TypeOffer], reader: Reader) -> tuple[Stock, str]:
    """Over the types on sale; where none is, what the first says."""
    places = [kind for kind, told in zip(event.ticket_types, types, strict=True) if told.stock != "closed"]
    if not places:
        return "closed", types[0].left if types else ""
    available = sum(kind.available for kind in places)
    stock = _stock(available, sum(kind.capacity for kind in places))
    return stock, _left(stock, available, reader)


def _cheapest(event: Event, reader: Reader) -> str:
    """The lowest price that is one: a child that comes in free does not make the event free."""
    kinds = event.ticket_types
    if not kinds:
        return ""
    cheapest = min(kinds, key=lambda kind: kind.price or float("inf"))
    price = price_in_words(cheapest.price, cheapest.currency, reader)
    several = any((kind.price, kind.currency) != (cheapest.price, cheapest.currency) for kind in kinds if kind.price)
    return WORDS[reader.language].since.format(price=price) if several else price
