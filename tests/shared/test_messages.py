"""Messages: what is promised to readers in any language and of any age."""

import json
from datetime import UTC, datetime

import pytest

from shared.messages import (
    FACTS,
    Buyer,
    EmailSent,
    EventDetails,
    Money,
    OrderLine,
    OrderPlaced,
    TicketsFailed,
    TicketToIssue,
    Unreadable,
    Venue,
    message,
    read,
)

NOW = datetime(2027, 5, 1, 12, 0, tzinfo=UTC)
PLACED = OrderPlaced(
    number="7K2MX-Q4P9D",
    event=EventDetails("e1", "night", "Night", "", Venue("Hall", "1 Road"), NOW, None, "Europe/Berlin", "Us"),
    buyer=Buyer("Ada", "ada@example.org"),
    locale="en",
    lines=(OrderLine("t1", "General", 1, Money(4500, "EUR")),),
    tickets=(TicketToIssue("k1", "General", "Ada", Money(4500, "EUR")),),
    total=Money(4500, "EUR"),
    placed_at=NOW,
)


def test_an_envelope_is_a_structured_cloudevent() -> None:
    wrapped = message(PLACED, source="orders", at=NOW, traceparent="00-abc")
    envelope = json.loads(wrapped.body)
    data = envelope.pop("data")
    assert envelope == {
        "specversion": "1.0",
        "id": wrapped.id,
        "source": "/boxoffice/orders",
        "type": "boxoffice.order.placed.v1",
        "subject": "7K2MX-Q4P9D",
        "time": "2027-05-01T12:00:00Z",
        "datacontenttype": "application/json",
        "traceparent": "00-abc",
    }
    assert (wrapped.key, wrapped.subject) == ("order.placed.v1", "7K2MX-Q4P9D")
    assert data["total"] == {"amount": 4500, "currency": "EUR"}


def test_what_is_written_is_read_back() -> None:
    assert read(OrderPlaced, message(PLACED, source="orders").body) == PLACED


def test_a_message_with_an_added_field_is_still_read() -> None:
    envelope = json.loads(message(PLACED, source="orders").body)
    envelope["extension"] = 1
    envelope["data"]["added"] = {"in": "a later release"}
    envelope["data"]["buyer"]["phone"] = "1"
    assert read(OrderPlaced, json.dumps(envelope).encode()) == PLACED


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b"\xff", b'{"type": 7}'])
def test_what_is_no_envelope_is_unreadable(body: bytes) -> None:
    with pytest.raises(Unreadable):
        read(OrderPlaced, body)


def test_another_type_or_version_is_unreadable() -> None:
    wrapped = message(TicketsFailed(number="7K2MX-Q4P9D", reason="x"), source="tickets")
    with pytest.raises(Unreadable, match=r"order\.placed\.v1"):
        read(OrderPlaced, wrapped.body)
    with pytest.raises(Unreadable, match=r"v2"):
        read(TicketsFailed, wrapped.body.replace(b"failed.v1", b"failed.v2"))


def test_a_wrong_field_is_unreadable_and_says_where() -> None:
    envelope = json.loads(message(PLACED, source="orders").body)
    envelope["data"]["total"]["amount"] = "45.00"
    with pytest.raises(Unreadable, match=r"total\.amount"):
        read(OrderPlaced, json.dumps(envelope).encode())


def test_keys_are_the_contracts_and_each_is_used_once() -> None:
    keys = [fact.key for fact in FACTS]
    assert sorted(keys) == [
        "api-key.changed.v1",
        "email.bounced.v1",
        "email.failed.v1",
        "email.sent.v1",
        "event.changed.v1",
        "order.cancelled.v1",
        "order.placed.v1",
        "order.resend-requested.v1",
        "sign-in.requested.v1",
        "tickets.failed.v1",
        "tickets.issued.v1",
    ]


def test_ids_of_messages_never_repeat() -> None:
    sent = EmailSent(number="1", template="tickets", recipient="a@example.org")
    assert len({message(sent, source="mailer").id for _ in range(1000)}) == 1000
