"""The shape of what buyers send, with every fault told by its place and in a person's words."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Annotated, Any

import email_validator
from pydantic import AfterValidator, Field, StringConstraints, ValidationError

from services.orders.placing import WantedLine
from services.orders.shapes import Name, Reference, Request, parse, printable, shown
from shared.web import Fault

# RFC 3696 with its erratum 1690.
MAX_ADDRESS = 254
MAX_LOCALE = 35
MAX_LINES = 20
MAX_QUANTITY = 1000
KEY_LENGTHS = range(16, 256)

# What needs no thought; capitals, quotes and the rest of RFC 5322's local parts are left to the library.
_PLAIN_LOCAL = re.compile(r"(?=.{1,64}$)[a-z0-9_+-]+(\.[a-z0-9_+-]+)*")
_LOCALE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


def _reachable(value: str) -> str:
    """The address in the form in which it is mailed."""
    local, at, domain = value.partition("@")
    plain = at and _PLAIN_LOCAL.fullmatch(local)
    address = f"{local}@{_reachable_domain(domain)}" if plain else ""
    return address if plain and len(address) <= MAX_ADDRESS else _checked(value)


@lru_cache(maxsize=10_000)
def _reachable_domain(domain: str) -> str:
    """Most buyers share a few domains: each is checked once."""
    return _checked(f"someone@{domain}").rpartition("@")[2]


def _checked(value: str) -> str:
    try:
        checked = email_validator.validate_email(
            value, check_deliverability=False, allow_smtputf8=False, globally_deliverable=False
        )
    except email_validator.EmailNotValidError as error:
        raise ValueError(f"This is no e-mail address that tickets can be sent to: {error}") from None
    if "." not in checked.domain:
        raise ValueError("The part after the @ must be a full domain, like example.org.")
    return checked.ascii_email or checked.normalized


def _language_tag(value: str) -> str:
    if not _LOCALE.fullmatch(value):
        raise ValueError("Give a BCP 47 language tag, like en or pt-BR.")
    return value


EmailAddress = Annotated[
    str,
    StringConstraints(max_length=MAX_ADDRESS),
    AfterValidator(printable),
    AfterValidator(_reachable),
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
    quantity: Annotated[int, Field(ge=1, le=MAX_QUANTITY)]
    attendees: Annotated[list[Attendee], Field(max_length=MAX_QUANTITY, default_factory=list)]

    def wanted(self) -> WantedLine:
        return WantedLine(self.ticket_type, self.quantity, tuple(attendee.name for attendee in self.attendees))


class OrderRequest(Request):
    """`event` is its id or slug."""

    event: Reference
    buyer: Buyer
    locale: Locale = "en"
    lines: Annotated[list[LineRequest], Field(min_length=1, max_length=MAX_LINES)]


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
