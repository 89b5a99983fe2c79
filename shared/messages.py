"""Every message that crosses services, as CloudEvents 1.0 in structured JSON.

A field may be added within a version (readers skip what they do not know); anything else is a
`.v2` published beside it. Encoding and decoding are strict in types and take about 2 µs.
"""

from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, ClassVar, TypeVar
from uuid import UUID

import msgspec

from shared.bus.protocol import Message
from shared.identifiers import uuid7

TYPE_PREFIX = "boxoffice."
CONTENT_TYPE = "application/cloudevents+json"

Instant = Annotated[datetime, msgspec.Meta(tz=True)]


class Money(msgspec.Struct, frozen=True):
    """Integer minor units of an ISO 4217 currency."""

    amount: int
    currency: str


class Venue(msgspec.Struct, frozen=True):
    name: str
    address: str


class EventDetails(msgspec.Struct, frozen=True):
    """The event as it stood when the message was written; `timezone` is an IANA name."""

    id: str
    slug: str
    name: str
    description: str
    venue: Venue
    starts_at: Instant
    ends_at: Instant | None
    timezone: str
    organiser: str


class Buyer(msgspec.Struct, frozen=True):
    name: str
    email: str


class OrderLine(msgspec.Struct, frozen=True):
    """`ticket_type` is the type's id, `name` what people call it."""

    ticket_type: str
    name: str
    quantity: int
    unit_price: Money


class TicketToIssue(msgspec.Struct, frozen=True):
    """One place: the renderer draws one page for it. `ticket_type` is the type's name."""

    id: str
    ticket_type: str
    attendee: str
    price: Money


class Fact(msgspec.Struct, frozen=True, kw_only=True):
    """What every message is. `key` is the routing key; messages about one `subject` keep their order."""

    key: ClassVar[str]

    @property
    def subject(self) -> str:
        raise NotImplementedError

    @property
    def natural_key(self) -> str:
        """Names what is told. Told again, by the reconciler or by who answers it, it comes in another message under
        the same name: an effect that has no key of its own is had once for each."""
        return f"{self.key}:{self.subject}"


class OrderFact(Fact, frozen=True, kw_only=True):
    """What is told of one order, by its confirmation number."""

    number: str

    @property
    def subject(self) -> str:
        return self.number


class OrderPlaced(OrderFact, frozen=True, kw_only=True):
    """orders → tickets: committed to disk, the tickets are owed."""

    key: ClassVar[str] = "order.placed.v1"

    event: EventDetails
    buyer: Buyer
    locale: str
    lines: tuple[OrderLine, ...]
    tickets: tuple[TicketToIssue, ...]
    total: Money
    placed_at: Instant


class OrderCancelled(OrderFact, frozen=True, kw_only=True):
    """orders → tickets, mailer: the tickets are void, and their places are back on sale.

    `reason` is who asked for it, `buyer` or `organiser`; `tickets` are the ids of the tickets that are void.
    """

    key: ClassVar[str] = "order.cancelled.v1"

    event: EventDetails
    buyer: Buyer
    locale: str
    tickets: tuple[str, ...]
    reason: str
    cancelled_at: Instant


class OrderResendRequested(OrderFact, frozen=True, kw_only=True):
    """orders → mailer: the tickets shall be mailed once more. `revision` tells the mails of one order apart.

    `template` names the mail, `tickets` or `cancellation`: an operator can have either sent.
    """

    key: ClassVar[str] = "order.resend-requested.v1"

    revision: int
    template: str = "tickets"

    @property
    def natural_key(self) -> str:
        return f"{super().natural_key}:{self.template}:{self.revision}"


class StoredDocument(msgspec.Struct, frozen=True):
    """A file in the object store, by reference: its key, size in bytes and SHA-256 in hex."""

    key: str
    size: int
    sha256: str


class TicketsIssued(OrderFact, frozen=True, kw_only=True):
    """tickets → mailer, orders: the PDF is stored, one page a ticket."""

    key: ClassVar[str] = "tickets.issued.v1"

    event: EventDetails
    buyer: Buyer
    locale: str
    pdf: StoredDocument
    tickets: int

    @property
    def natural_key(self) -> str:
        return f"{super().natural_key}:{self.pdf.sha256}"


class TicketsFailed(OrderFact, frozen=True, kw_only=True):
    """tickets → orders: this order's tickets can't be rendered without a person's help."""

    key: ClassVar[str] = "tickets.failed.v1"

    reason: str


class MailOutcome(OrderFact, frozen=True, kw_only=True):
    """`template` names the mail (`tickets`, `cancellation`), `reason` the server's words where there are some.

    `revision` is 1, and grows with each time that the same mail is asked for again.
    """

    template: str
    recipient: str
    reason: str | None = None
    revision: int = 1

    @property
    def natural_key(self) -> str:
        """Without the address itself: what is kept by it outlives the mail."""
        recipient = sha256(self.recipient.encode(errors="replace")).hexdigest()[:16]
        return f"{super().natural_key}:{self.template}:{self.revision}:{recipient}"


class EmailSent(MailOutcome, frozen=True, kw_only=True):
    """mailer → orders: the recipient's server, or our relay, took the mail."""

    key: ClassVar[str] = "email.sent.v1"


class EmailBounced(MailOutcome, frozen=True, kw_only=True):
    """mailer → orders: the address does not take mail (5.1.1 and its kin); the buyer must be told."""

    key: ClassVar[str] = "email.bounced.v1"


class EmailFailed(MailOutcome, frozen=True, kw_only=True):
    """mailer → orders: given up for another reason than the address."""

    key: ClassVar[str] = "email.failed.v1"


class Organiser(msgspec.Struct, frozen=True):
    id: str
    name: str


class ApiKeyChanged(Fact, frozen=True, kw_only=True):
    """orders → tickets: an organiser's API key was made or revoked. `hash` is the key's SHA-256 in hex.

    `rights` are of `read`, `write` and `check-in`, and stay what they are; a revoked key stays revoked.
    """

    key: ClassVar[str] = "api-key.changed.v1"

    id: str
    hash: str
    organiser: Organiser
    rights: tuple[str, ...]
    revoked: bool

    @property
    def subject(self) -> str:
        return self.id

    @property
    def natural_key(self) -> str:
        return f"{super().natural_key}:{'revoked' if self.revoked else 'made'}"


class OfferedType(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket type as offered; without a sales window it is on sale while its event is published."""

    id: str
    slug: str
    name: str
    description: str
    price: Money
    capacity: int
    max_per_order: int
    on_sale_from: Instant | None
    on_sale_until: Instant | None


class EventChanged(Fact, frozen=True, kw_only=True):
    """orders → tickets, edge: an event was published, changed while it was, or taken off sale.

    All of the event as it now is; `changed` names what is new, `version` tells newer news from older.
    """

    key: ClassVar[str] = "event.changed.v1"

    event: EventDetails
    organiser: Organiser
    ticket_types: tuple[OfferedType, ...]
    published: bool
    version: int
    changed: tuple[str, ...]

    @property
    def subject(self) -> str:
        return self.event.id

    @property
    def natural_key(self) -> str:
        return f"{super().natural_key}:{self.version}"


class SignInRequested(Fact, frozen=True, kw_only=True):
    """orders → mailer: somebody wants to sign in with this address. `link` is good once, in the browser that asked."""

    key: ClassVar[str] = "sign-in.requested.v1"

    id: str
    address: str
    link: str
    expires_at: Instant
    locale: str

    @property
    def subject(self) -> str:
        return self.id


FACTS: tuple[type[Fact], ...] = (
    SignInRequested,
    OrderPlaced,
    OrderCancelled,
    OrderResendRequested,
    TicketsIssued,
    TicketsFailed,
    EmailSent,
    EmailBounced,
    EmailFailed,
    ApiKeyChanged,
    EventChanged,
)


class Unreadable(Exception):
    """The bytes are not the message they should be; says what is wrong and where."""


class _Outgoing(msgspec.Struct, frozen=True):
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    data: Fact
    traceparent: str | msgspec.UnsetType = msgspec.UNSET
    specversion: str = "1.0"
    datacontenttype: str = "application/json"


class Envelope(msgspec.Struct, frozen=True):
    """A CloudEvents envelope as read; `data` still encoded."""

    specversion: str
    id: str
    source: str
    type: str
    time: Instant
    data: msgspec.Raw
    subject: str = ""
    traceparent: str | None = None


F = TypeVar("F", bound=Fact)
_encoder = msgspec.json.Encoder()
_envelopes = msgspec.json.Decoder(Envelope)


def message(
    fact: Fact, source: str, at: datetime | None = None, traceparent: str | None = None, identity: UUID | None = None
) -> Message:
    """Wrap a fact for the bus. `source` is the service's name; `at` is when it became true (now).

    `identity` is a fresh one unless given, by who makes many at once.
    """
    name = str(identity or uuid7())
    envelope = _Outgoing(
        id=name,
        source=f"/boxoffice/{source}",
        type=TYPE_PREFIX + fact.key,
        subject=fact.subject,
        time=at or datetime.now(UTC),
        data=fact,
        traceparent=traceparent or msgspec.UNSET,
    )
    return Message(id=name, key=fact.key, subject=fact.subject, body=_encoder.encode(envelope))


def time_of(body: bytes) -> datetime:
    """When what an envelope tells became true. Raises `msgspec.DecodeError` for what is none."""
    return _envelopes.decode(body).time


def read(kind: type[F], body: bytes) -> F:
    """The fact inside an envelope.

    Raises `Unreadable` for broken JSON, another type or version than `kind`, or a wrong field.
    """
    try:
        envelope = _envelopes.decode(body)
        if envelope.type != TYPE_PREFIX + kind.key:
            raise Unreadable(f"expected type {TYPE_PREFIX + kind.key}, got {envelope.type[:100]}")
        return msgspec.json.decode(envelope.data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from error
