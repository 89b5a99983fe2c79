"""Every kind of problem (RFC 9457) that a route may answer with: its slug, what it means, and what it carries.

A route names those that are its own; what follows from what it takes (a body, credentials, a place in the path) is
added by `document.problems_of`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TYPE_PREFIX = "urn:boxoffice:problem:"
PROBLEM_JSON = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """`members` are JSON Schemas, each with an example, of what it carries beside the usual."""

    status: int
    title: str
    summary: str
    headers: tuple[str, ...] = ()
    members: Mapping[str, Any] = field(default_factory=dict)

    def example(self, slug: str) -> Mapping[str, Any]:
        common = {"type": TYPE_PREFIX + slug, "title": self.title, "status": self.status, "detail": self.summary}
        carried = {name: schema["examples"][0] for name, schema in self.members.items()}
        return common | {"instance": "/v1/orders"} | carried


ERRORS = {
    "type": "array",
    "description": "Every fault that was found.",
    "items": {
        "type": "object",
        "required": ["pointer", "detail"],
        "properties": {
            "pointer": {
                "type": "string",
                "description": "A JSON Pointer into what was sent.",
                "format": "json-pointer",
            },
            "detail": {"type": "string"},
        },
    },
    "examples": [[{"pointer": "/lines/0/quantity", "detail": "Must be greater than or equal to 1."}]],
}
AVAILABLE = {
    "type": "object",
    "description": "How many are left, by the id of the ticket type.",
    "additionalProperties": {"type": "integer", "minimum": 0},
    "examples": [{"019a1c2e-5b1f-7c3d-9e4a-2f6b8d0c1e35": 1}],
}
TOTAL = {
    "type": "object",
    "description": "What the order costs now: integer minor units of an ISO 4217 currency.",
    "required": ["amount", "currency"],
    "properties": {"amount": {"type": "integer"}, "currency": {"type": "string"}},
    "examples": [{"amount": 9900, "currency": "EUR"}],
}
RETRY = ("Retry-After",)

KINDS: Mapping[str, Kind] = {
    "bad-request": Kind(400, "Bad request", "The request can't be read as HTTP."),
    "malformed": Kind(400, "Not a JSON object", "The body is no JSON, or not an object."),
    "unauthorized": Kind(401, "Credentials needed", "No credentials, or bad ones.", ("WWW-Authenticate",)),
    "forbidden": Kind(403, "Not allowed", "Good credentials without the right to do this."),
    "not-found": Kind(
        404,
        "Not found",
        "There is no such thing, or it is not yours to see; which is never told.",
        (),
        {"errors": ERRORS},
    ),
    "method-not-allowed": Kind(405, "Wrong method", "The address does not take this method.", ("Allow",)),
    "timeout": Kind(408, "Too slow", "The body did not come in time."),
    "sold-out": Kind(409, "Sold out", "There are not enough places left.", (), {"available": AVAILABLE}),
    "price-changed": Kind(
        409, "Price changed", "The order costs something else than its `expected_total`.", (), {"total": TOTAL}
    ),
    "not-on-sale": Kind(409, "Not on sale", "Before or after the sales window, or the event is over or not published."),
    "not-ready": Kind(409, "Tickets not ready", "The tickets are still being made.", RETRY),
    "void": Kind(409, "Tickets void", "The order was cancelled: its tickets admit nobody."),
    "too-late": Kind(409, "Too late to cancel", "The event has begun: only its organiser can cancel now."),
    "idempotency-conflict": Kind(409, "Still working on it", "This key's first request is in hand.", RETRY),
    "idempotency-mismatch": Kind(422, "Key used for something else", "This key came before with another body."),
    "webhook-disabled": Kind(409, "Webhook disabled", "Nothing goes to a webhook that is disabled: enable it first."),
    "precondition-failed": Kind(412, "Changed meanwhile", "If-Match names a state that is no more.", ("ETag",)),
    "too-large": Kind(413, "Too large", "The body is over 64 KiB."),
    "unsupported-media-type": Kind(415, "Not JSON", "The body is not JSON, or compressed."),
    "expectation-failed": Kind(417, "Unknown expectation", "Send no Expect header other than 100-continue."),
    "invalid": Kind(
        422, "Some of the input is wrong", "Well-formed, but wrong: each fault is named.", (), {"errors": ERRORS}
    ),
    "rate-limited": Kind(
        429, "Too many requests", "Too much in too short a time: of this client, or for this order.", RETRY
    ),
    "internal": Kind(500, "Our mistake", "Something broke on our side."),
    "overloaded": Kind(
        503, "Busy", "We can't take this right now: load is shed, or the database is away. Nothing was done.", RETRY
    ),
    "outcome-unknown": Kind(
        503,
        "Whether it was done is not known",
        "The database went away in the middle. Where an `Idempotency-Key` was sent, repeating with the same one tells.",
        RETRY,
    ),
}

# What follows from what a route takes.
ANYWHERE = ("rate-limited", "internal", "overloaded")
# Of what changes something.
WITH_EFFECT = ("outcome-unknown",)
WITH_BODY = ("malformed", "timeout", "too-large", "unsupported-media-type", "invalid")
WITH_CREDENTIALS = ("unauthorized",)
# A key may lack a right; what opens one order has none to lack.
WITH_KEY = ("forbidden",)
WITH_PARAMETERS = ("invalid",)
WITH_PATH = ("not-found",)
