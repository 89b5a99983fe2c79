"""What other teams build against is true to the code, and can't change unnoticed."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from shared import asyncapi
from shared.bus.amqp.topology import EXCHANGE
from shared.messages import CONTENT_TYPE, FACTS, EmailSent, Fact, message
from shared.queues import FOLLOWED_BY
from tests.shared.contract_changes import breaking_changes

ROOT = Path(__file__).parents[2]
PUBLISHED = ROOT / "docs" / "messages.schema.json"
GUIDE = ROOT / "docs" / "messages.md"

Document = dict[str, Any]


@pytest.fixture
def document() -> Document:
    return asyncapi.document()


@pytest.fixture
def published() -> Document:
    schemas: Document = json.loads(PUBLISHED.read_text())
    return schemas


def test_a_published_message_keeps_its_shape(published: Document) -> None:
    assert breaking_changes(published, asyncapi.schemas()) == []


def test_what_is_published_is_what_the_code_says(published: Document) -> None:
    assert asyncapi.schemas() == published, "a message grew: run `make contracts` and tell CHANGELOG.md"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda event: event["properties"].pop("slug"), "data.event.slug is gone"),
        (lambda event: event["properties"].update(name={"type": "integer"}), "data.event.name was"),
        (lambda event: event["required"].remove("slug"), "data.event.slug may be missing now"),
        (
            lambda event: (event["properties"].update(hall={"type": "string"}), event["required"].append("hall")),
            "data.event.hall is required, and messages on their way lack it",
        ),
    ],
)
def test_anything_but_an_optional_addition_needs_a_new_version(
    published: Document, change: Callable[[Document], object], told: str
) -> None:
    now = copy.deepcopy(published)
    change(now["order.placed.v1"]["$defs"]["EventDetails"])
    (found,) = breaking_changes({"order.placed.v1": published["order.placed.v1"]}, now)
    assert told in found
    assert "order.placed.v2" in found


def test_a_message_can_not_be_withdrawn(published: Document) -> None:
    now = {key: schema for key, schema in published.items() if key != "email.sent.v1"}
    (found,) = breaking_changes(published, now)
    assert ".v2" in found


def test_an_added_optional_field_breaks_nobody(published: Document) -> None:
    now = copy.deepcopy(published)
    now["order.placed.v1"]["$defs"]["Buyer"]["properties"]["phone"] = {"type": "string"}
    assert breaking_changes(published, now) == []


def test_each_message_has_a_channel_on_our_exchange_and_a_sender(document: Document) -> None:
    assert document["asyncapi"] == "3.0.0"
    assert document["defaultContentType"] == CONTENT_TYPE
    assert set(document["info"]) >= {"title", "version"}
    for kind in FACTS:
        channel, operation = document["channels"][kind.key], document["operations"][f"send {kind.key}"]
        assert channel["address"] == kind.key
        assert channel["bindings"]["amqp"]["exchange"] == {
            "name": EXCHANGE,
            "type": "topic",
            "durable": True,
            "autoDelete": False,
        }
        assert operation["action"] == "send"
        assert operation["tags"] == [{"name": asyncapi.course_of(kind).sender}]
        assert resolve(document, operation["channel"]["$ref"]) == channel
        assert resolve(document, document_message(document, kind)["payload"]["allOf"][0]["$ref"]) == asyncapi.ENVELOPE


def test_every_reference_leads_somewhere(document: Document) -> None:
    for reference in references(document):
        assert resolve(document, reference), reference


def test_an_envelope_is_as_described(document: Document) -> None:
    wrapped = message(
        EmailSent(number="1", template="tickets", recipient="a@example.org"), "mailer", traceparent="00-a"
    )
    envelope = json.loads(wrapped.body)
    assert set(envelope) == set(asyncapi.ENVELOPE["properties"])
    assert set(envelope) - {"traceparent"} == set(asyncapi.ENVELOPE["required"])
    own = document_message(document, EmailSent)["payload"]["allOf"][1]["properties"]
    assert {name: schema["const"] for name, schema in own.items() if name != "data"} == {
        "type": envelope["type"],
        "source": envelope["source"],
    }


def test_every_message_says_in_its_docstring_where_it_goes() -> None:
    services = {folder.name for folder in (ROOT / "services").iterdir()}
    for kind in FACTS:
        course = asyncapi.course_of(kind)
        assert course.sender in services, kind
        takers = {service for service, facts in FOLLOWED_BY.items() if kind in facts} - {"webhooks"}
        assert set(course.takers) == takers, kind
    with pytest.raises(ValueError, match="sender"):
        asyncapi.course_of(Fact)


def test_the_guide_lists_every_message_as_it_is() -> None:
    rows = re.findall(r"^\| `([a-z.-]+\.v\d+)` \| (\w+) → ([\w, ]+) \| ([^|]+) \|$", GUIDE.read_text(), re.MULTILINE)
    listed = {key: (sender, takers, set(re.findall(r"`(\w+)`", data))) for key, sender, takers, data in rows}
    assert listed == {
        kind.key: (
            asyncapi.course_of(kind).sender,
            ", ".join(asyncapi.course_of(kind).takers),
            {field.encode_name for field in msgspec.structs.fields(kind)},
        )
        for kind in FACTS
    }


def document_message(document: Document, kind: type[Fact]) -> Document:
    reference = document["channels"][kind.key]["messages"][kind.__name__]["$ref"]
    return resolve(document, reference)


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        yield from (value for name, value in part.items() if name == "$ref")
        for value in part.values():
            yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def resolve(document: Document, reference: str) -> Document:
    found = document
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found
