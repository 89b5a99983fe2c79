"""The shape of what buyers send, with every fault told by its place and in a person's words."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints, ValidationError

from services.orders.event_fields import MAX_PRICE, Currency
from services.orders.shapes import Name, Reference, Request, parse, shown
from services.orders.wanted import WantedLine
from shared.values.addresses import MAX_ADDRESS, buyers_address
from shared.values.orders import MAX_LINES, MAX_PLACES
from shared.values.texts import printable
from shared.web import Fault

MAX_LOCALE = 35
MAX_TOTAL = MAX_PRICE * MAX_PLACES
KEY_LENGTHS = range(16, 256)

_LOCALE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


def _language_tag(value: str) -> str:
    if not _LOCALE.fullmatch(value):
        raise ValueError("Give a BCP 47 language tag, like en or pt-BR.")
    return value


EmailAddress = Annotated[
    str,
    StringConstraints(max_length=MAX_ADDRESS),
    AfterValidator(printable),
    AfterValidator(buyers_address),
    shown(MAX_ADDRESS, format="email"),
]
Locale = Annotated[
    str,
    StringConstraints(max_length=MAX_LOCALE),
    AfterValidator(_language_tag),
    shown(MAX_LOCALE, pattern=f"^{_LOCALE.pattern}$", description="A BCP 47 language tag, like en or pt-BR."),
]


class Attendee(Request):
    name: Name


class Buyer(Request):
    name: Name
    email: EmailAddress


class LineRequest(Request):
    """`ticket_type` is its id or slug; places without an attendee are in the buyer's name."""

    ticket_type: Reference
    quantity: Annotated[int, Field(ge=1, le=MAX_PLACES)]
    attendees: Annotated[list[Attendee], Field(max_length=MAX_PLACES, default_factory=list)]

    def wanted(self) -> WantedLine:
        return WantedLine(self.ticket_type, self.quantity, tuple(attendee.name for attendee in self.attendees))


class ExpectedTotal(Request):
    """What the buyer was shown and agreed to: integer minor units."""

    amount: Annotated[int, Field(ge=0, le=MAX_TOTAL)]
    currency: Currency


class OrderRequest(Request):
    """`event` is its id or slug. With `expected_total`, an order that costs something else is not placed."""

    event: Reference
    buyer: Buyer
    locale: Locale = "en"
    lines: Annotated[list[LineRequest], Field(min_length=1, max_length=MAX_LINES)]
    expected_total: ExpectedTotal | None = None


def read_order(raw: bytes) -> OrderRequest | None:
    """The request straight from its bytes, the quick way; None when anything is wrong: `parse_order` tells what."""
    try:
        return OrderRequest.model_validate_json(raw)
    except ValidationError:
        return None


def parse_order(document: Mapping[str, Any]) -> tuple[OrderRequest | None, list[Fault]]:
    """The request, or None with every fault of shape."""
    return parse(OrderRequest, document)


def sound_lines(document: Mapping[str, Any]) -> Iterator[tuple[int, WantedLine]]:
    """Those lines of a faulty request that are well-formed, with their places."""
    lines = document.get("lines")
    for place, line in enumerate(lines[:MAX_LINES] if isinstance(lines, list) else []):
        try:
            yield place, LineRequest.model_validate(line).wanted()
        except ValidationError:
            continue
