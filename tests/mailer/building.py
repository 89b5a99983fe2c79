"""Facts for the mailer's tests, with everything said that a test does not care about."""

from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

import msgspec

from services.mailer.addresses import named_mailbox
from services.mailer.composing import Composer
from shared.bus import Delivery
from shared.messages import Buyer, EventDetails, Fact, OrderCancelled, StoredDocument, TicketsIssued, Venue, message

SENDER = named_mailbox("Box Office <box@example.org>")
COMPOSER = Composer(SENDER, "http://localhost:8080")
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 20
SEVEN_PM_IN_BERLIN = datetime(2027, 5, 14, 17, 0, tzinfo=UTC)


def an_event(
    name: str = "Night Music",
    *,
    timezone: str = "Europe/Berlin",
    ends_at: datetime | None = None,
    venue: Venue | None = None,
    organiser: str = "Nachtlicht",
) -> EventDetails:
    return EventDetails(
        id="01990000-0000-7000-8000-000000000001",
        slug="night-music",
        name=name,
        description="",
        venue=venue or Venue("Old Harbour Hall", "Quay 4, Hamburg"),
        starts_at=SEVEN_PM_IN_BERLIN,
        ends_at=ends_at,
        timezone=timezone,
        organiser=organiser,
    )


def tickets_issued(
    number: str = "7K2MX-Q4P9D",
    *,
    name: str = "Ada Lovelace",
    email: str = "ada@example.org",
    locale: str = "en",
    tickets: int = 2,
    event: EventDetails | None = None,
    pdf: bytes = PDF,
) -> TicketsIssued:
    return TicketsIssued(
        number=number,
        event=event or an_event(),
        buyer=Buyer(name, email),
        locale=locale,
        pdf=StoredDocument(key=f"tickets/{number}.pdf", size=len(pdf), sha256=sha256(pdf).hexdigest()),
        tickets=tickets,
    )


def order_cancelled(
    number: str = "7K2MX-Q4P9D",
    *,
    name: str = "Ada Lovelace",
    email: str = "ada@example.org",
    locale: str = "en",
    reason: str = "buyer",
    event: EventDetails | None = None,
) -> OrderCancelled:
    return OrderCancelled(
        number=number,
        event=event or an_event(),
        buyer=Buyer(name, email),
        locale=locale,
        tickets=("01990000-0000-7000-8000-000000000002", "01990000-0000-7000-8000-000000000003"),
        reason=reason,
        cancelled_at=SEVEN_PM_IN_BERLIN,
    )


def delivery_of(fact: Fact, attempt: int = 1, *, asked: int = 1, at: datetime | None = None) -> Delivery:
    """The same message whenever the same fact is delivered; another, newer one when it is `asked` for a second time."""
    identity = UUID(bytes=asked.to_bytes(6) + sha256(msgspec.json.encode(fact)).digest()[:10])
    return Delivery(message(fact, source="test", at=at, identity=identity), f"mailer.{fact.key}", attempt)
