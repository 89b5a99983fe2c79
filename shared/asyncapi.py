"""The messages described for other teams: AsyncAPI 3.0, and a JSON Schema for each, from the types in use.

Who sends a message, who takes it and what it says stand in the docstring of its type, in the form
`orders → tickets: committed to disk, the tickets are owed.`

`python -m shared.asyncapi` prints the schemas that `docs/messages.schema.json` holds.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

import msgspec

from shared.bus.amqp.topology import EXCHANGE
from shared.messages import CONTENT_TYPE, FACTS, TYPE_PREFIX, Fact

ASYNCAPI = "3.0.0"
# Of the document: each message has its own in its key.
VERSION = "1.0.0"
# Of the AMQP bindings for AsyncAPI.
BINDING = "0.3.0"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
SCHEMAS = "#/components/schemas/"

# CloudEvents 1.0, section 2, as far as we fill it in; `traceparent` is its distributed tracing extension.
ENVELOPE: dict[str, Any] = {
    "title": "CloudEvent",
    "type": "object",
    "required": ["specversion", "id", "source", "type", "subject", "time", "datacontenttype", "data"],
    "properties": {
        "specversion": {"const": "1.0"},
        "id": {"type": "string", "description": "Unique: a message that comes twice has the same one."},
        "source": {"type": "string", "format": "uri-reference"},
        "type": {"type": "string"},
        "subject": {
            "type": "string",
            "description": "What it is about: an order's number, or the id of an event or key.",
        },
        "time": {"type": "string", "format": "date-time", "description": "When it became true."},
        "datacontenttype": {"const": "application/json"},
        "data": {"type": "object"},
        "traceparent": {"type": "string", "description": "W3C Trace Context."},
    },
}


@dataclass(frozen=True, slots=True)
class Course:
    """Which service sends a message, which of ours take it, and what it says."""

    sender: str
    takers: tuple[str, ...]
    summary: str


def course_of(kind: type[Fact]) -> Course:
    """Raises ValueError when the docstring does not tell."""
    text = " ".join((kind.__doc__ or "").split())
    match = re.match(r"(\w+) → ([\w, ]+): (.+)", text)
    if not match:
        raise ValueError(f"{kind.__name__}: its docstring must begin with `sender → takers: `")
    return Course(match[1], tuple(name.strip() for name in match[2].split(",")), match[3][0].upper() + match[3][1:])


def schemas() -> dict[str, Any]:
    """The JSON Schema of each message's `data`, by routing key; each complete in itself."""
    return {
        kind.key: {"$schema": DIALECT, "$id": f"urn:boxoffice:{kind.key}"} | msgspec.json.schema(kind) for kind in FACTS
    }


def document() -> dict[str, Any]:
    """The AsyncAPI document of everything we send."""
    _, components = msgspec.json.schema_components(FACTS, ref_template=SCHEMAS + "{name}")
    return {
        "asyncapi": ASYNCAPI,
        "info": {
            "title": "Boxoffice messages",
            "version": VERSION,
            "description": "What happens to orders, tickets, mails, events and keys. Delivery is at least once: "
            "keep the ids of what you have dealt with. A field may be added within a version; any other change is a "
            "new `.v2`.",
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": {kind.key: _channel(kind) for kind in FACTS},
        "operations": {f"send {kind.key}": _operation(kind) for kind in FACTS},
        "components": {
            "messages": {kind.__name__: _message(kind) for kind in FACTS},
            "schemas": {"CloudEvent": ENVELOPE} | components,
        },
    }


def _channel(kind: type[Fact]) -> dict[str, Any]:
    exchange = {"name": EXCHANGE, "type": "topic", "durable": True, "autoDelete": False}
    return {
        "address": kind.key,
        "description": course_of(kind).summary,
        "messages": {kind.__name__: {"$ref": f"#/components/messages/{kind.__name__}"}},
        "bindings": {"amqp": {"is": "routingKey", "exchange": exchange, "bindingVersion": BINDING}},
    }


def _operation(kind: type[Fact]) -> dict[str, Any]:
    course = course_of(kind)
    return {
        "action": "send",
        "summary": f"Sent by {course.sender}, taken by {' and '.join(course.takers)}.",
        "tags": [{"name": course.sender}],
        "channel": {"$ref": f"#/channels/{kind.key}"},
        "messages": [{"$ref": f"#/channels/{kind.key}/messages/{kind.__name__}"}],
        "bindings": {"amqp": {"deliveryMode": 2, "mandatory": True, "bindingVersion": BINDING}},
    }


def _message(kind: type[Fact]) -> dict[str, Any]:
    own = {
        "type": {"const": TYPE_PREFIX + kind.key},
        "source": {"const": f"/boxoffice/{course_of(kind).sender}"},
        "data": {"$ref": SCHEMAS + kind.__name__},
    }
    return {
        "name": TYPE_PREFIX + kind.key,
        "title": kind.__name__,
        "summary": course_of(kind).summary,
        "contentType": CONTENT_TYPE,
        "payload": {"allOf": [{"$ref": SCHEMAS + "CloudEvent"}, {"type": "object", "properties": own}]},
    }


if __name__ == "__main__":
    print(json.dumps(schemas(), indent=2, ensure_ascii=False))
