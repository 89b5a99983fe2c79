"""An order form as a person filled it, what it asks for, and what is wrong with it at which field."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from babel.numbers import format_decimal

from services.orders.catalogue import Event, TicketType
from services.orders.pages.forms import Pairs
from services.orders.pages.readers import Reader
from services.orders.pages.wording.ordering import WORDS, Words
from services.orders.placing import Agreed
from services.orders.requests import KEY_LENGTHS
from shared.values.orders import MAX_LINES, MAX_PLACES
from shared.web import Fault

LONGEST_QUANTITY = 6

# As the form has it: minor units and the currency.
_PRICE = re.compile(r"([0-9]{1,13}) ([A-Z]{3})")
_LINE = re.compile(r"/lines/(\d+)(?:/(\w+))?(?:/(\d+))?")


@dataclass(frozen=True, slots=True)
class Filled:
    """As typed: `quantities` and `names` by ticket type id, and the `prices` that the page showed beside them.
    `key` is what makes two clicks one order, "" without."""

    name: str = ""
    email: str = ""
    quantities: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    prices: Mapping[str, Agreed] = field(default_factory=dict)
    key: str = ""
    step: str = ""

    def quantity(self, kind: str) -> int | None:
        """None for what is no number. Digits of any script count."""
        text = self.quantities.get(kind, "").strip() or "0"
        return int(text) if text.isdecimal() and len(text) <= LONGEST_QUANTITY else None

    def chosen(self, event: Event) -> list[tuple[TicketType, int]]:
        wanted = [(kind, self.quantity(str(kind.id)) or 0) for kind in event.ticket_types]
        return [(kind, count) for kind, count in wanted if count]

    def expected_total(self, event: Event) -> Agreed | None:
        """What the page that was filled in said the order costs; None where it did not."""
        shown = [(self.prices.get(str(kind.id)), count) for kind, count in self.chosen(event)]
        prices = [(price, count) for price, count in shown if price]
        if not prices or len(prices) < len(shown):
            return None
        return Agreed(sum(price.amount * count for price, count in prices), prices[0][0].currency)

    def prices_hold(self, event: Event) -> bool:
        """Whether all that was chosen still costs what the page showed, as far as it did."""
        now = {str(kind.id): Agreed(kind.price, kind.currency) for kind, _ in self.chosen(event)}
        return all(self.prices.get(identity, price) == price for identity, price in now.items())


@dataclass(frozen=True, slots=True)
class FieldFault:
    """`field` is the id of the input it stands at; "" for the form as a whole."""

    field: str
    sentence: str


def read_filled(pairs: Pairs) -> Filled:
    last = dict(pairs)
    names: dict[str, list[str]] = {}
    for name, value in pairs:
        if name.startswith("attendee."):
            names.setdefault(name.removeprefix("attendee."), []).append(value)
    key = last.get("key", "")
    return Filled(
        name=last.get("name", ""),
        email=last.get("email", "").strip(),
        quantities={name.removeprefix("quantity."): value for name, value in pairs if name.startswith("quantity.")},
        names=names,
        prices=dict(_prices(pairs)),
        key=key if len(key) in KEY_LENGTHS and key.isascii() and key.isprintable() else "",
        step=last.get("step", ""),
    )


def _prices(pairs: Pairs) -> Iterator[tuple[str, Agreed]]:
    for name, value in pairs:
        if name.startswith("price.") and (found := _PRICE.fullmatch(value)):
            yield name.removeprefix("price."), Agreed(int(found[1]), found[2])


def as_request(filled: Filled, event: Event, reader: Reader) -> dict[str, Any]:
    """What the API would be sent. Names beyond the quantity are left out, empty ones are the buyer's."""
    return {
        "event": str(event.id),
        "buyer": {"name": filled.name, "email": filled.email},
        "locale": reader.language,
        "lines": [_line(kind, count, filled) for kind, count in filled.chosen(event)],
        **_agreed(filled.expected_total(event)),
    }


def _agreed(total: Agreed | None) -> dict[str, Any]:
    return {"expected_total": {"amount": total.amount, "currency": total.currency}} if total else {}


def _line(kind: TicketType, count: int, filled: Filled) -> dict[str, Any]:
    names = [name if name.strip() else filled.name for name in filled.names.get(str(kind.id), ())[:count]]
    return {"ticket_type": str(kind.id), "quantity": count, "attendees": [{"name": name} for name in names]}


def quantity_faults(filled: Filled, event: Event, reader: Reader) -> list[FieldFault]:
    """What the API never gets to see: quantities that are no numbers."""
    words = WORDS[reader.language]
    typed = [str(kind.id) for kind in event.ticket_types if filled.quantity(str(kind.id)) is None]
    return [FieldFault(f"quantity-{kind}", words.quantity_wrong) for kind in typed]


def field_faults(faults: Iterable[Fault], filled: Filled, event: Event, reader: Reader) -> list[FieldFault]:
    """The API's faults at the fields they came from, in the reader's language; one a field."""
    words, chosen = WORDS[reader.language], filled.chosen(event)
    found: dict[str, FieldFault] = {}
    for fault in faults:
        for told in _told(fault.pointer, words, chosen, event, reader):
            found.setdefault(told.field, told)
    return list(found.values())


def _told(
    pointer: str, words: Words, chosen: Sequence[tuple[TicketType, int]], event: Event, reader: Reader
) -> Iterator[FieldFault]:
    if pointer.startswith("/buyer/email"):
        yield FieldFault("email", words.email_wrong)
    elif pointer.startswith("/buyer"):
        yield FieldFault("name", words.name_wrong)
    elif found := _LINE.match(pointer):
        kind = chosen[int(found[1])][0]
        match found[2]:
            case "attendees" if found[3]:
                yield FieldFault(f"attendee-{kind.id}-{found[3]}", words.attendee_wrong)
            case "ticket_type":
                yield FieldFault(f"quantity-{kind.id}", words.one_currency)
            case _:
                count = format_decimal(kind.max_per_order, locale=reader.locale)
                yield FieldFault(f"quantity-{kind.id}", words.at_most.format(count=count, name=kind.name))
    elif chosen:
        kinds, places = (format_decimal(count, locale=reader.locale) for count in (MAX_LINES, MAX_PLACES))
        yield FieldFault(f"quantity-{chosen[0][0].id}", words.too_many.format(kinds=kinds, places=places))
    else:
        yield FieldFault(first_quantity(event), words.choose)


def sold_out_faults(available: Mapping[str, int], filled: Filled, event: Event, reader: Reader) -> list[FieldFault]:
    """At the types of which there are not enough, with what is left."""
    words = WORDS[reader.language]
    short = [(kind, available.get(str(kind.id), 0)) for kind, count in filled.chosen(event)
             if count > available.get(str(kind.id), 0)]  # fmt: skip
    return [
        FieldFault(
            f"quantity-{kind.id}",
            words.only_left.format(count=format_decimal(left, locale=reader.locale)) if left else words.none_left,
        )
        for kind, left in short
    ]


def first_quantity(event: Event) -> str:
    return f"quantity-{event.ticket_types[0].id}" if event.ticket_types else ""
