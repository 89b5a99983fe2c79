"""The values of which organisers' requests are made, each with its own sentence for what is wrong with it."""

from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StringConstraints, WithJsonSchema

from services.orders.currencies import CURRENCIES
from services.orders.shapes import LINES, shown
from services.orders.slugs import IDENTITY, MAX_SLUG, SLUG
from shared.values.texts import multiline
from shared.values.times import instant, timezone

# An event with all its types stays under the 1 MiB of a message, whatever its script; orders carry the event's.
MAX_DESCRIPTION, MAX_TYPE_DESCRIPTION = 5_000, 1_000
MAX_PRICE = 10**12


def _currency(value: str) -> str:
    if value not in CURRENCIES:
        raise ValueError("Give a currency's ISO 4217 code, like EUR.")
    return value


def _slug(value: str) -> str:
    if not SLUG.fullmatch(value) or IDENTITY.fullmatch(value):
        raise ValueError("Use lower-case letters a to z and digits, with single dashes between, like summer-night.")
    return value


Instant = Annotated[
    datetime,
    BeforeValidator(instant),
    WithJsonSchema(
        {"type": "string", "format": "date-time", "description": "RFC 3339 with its offset; of the years 1970 to 2199."}
    ),
]
Slug = Annotated[
    str,
    StringConstraints(max_length=MAX_SLUG),
    AfterValidator(_slug),
    shown(MAX_SLUG, pattern=f"^{SLUG.pattern}$", description="Unique; made of the name when it is left out."),
]
Timezone = Annotated[
    str,
    StringConstraints(max_length=100),
    AfterValidator(timezone),
    shown(100, format="time-zone", description="An IANA name, like Europe/Berlin."),
]
Currency = Annotated[str, AfterValidator(_currency), WithJsonSchema({"type": "string", "enum": sorted(CURRENCIES)})]
Description = Annotated[
    str,
    StringConstraints(max_length=MAX_DESCRIPTION),
    AfterValidator(multiline),
    shown(MAX_DESCRIPTION, pattern=LINES),
]
TypeDescription = Annotated[
    str,
    StringConstraints(max_length=MAX_TYPE_DESCRIPTION),
    AfterValidator(multiline),
    shown(MAX_TYPE_DESCRIPTION, pattern=LINES),
]
