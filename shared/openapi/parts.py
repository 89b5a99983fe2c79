"""What many routes share: credentials, headers of answers, parameters."""

from collections.abc import Mapping
from typing import Any

from shared.openapi.operation import Parameter

Json = dict[str, Any]

ORDER_TOKEN = "order"  # noqa: S105
SIGNED_LINK = "link"
ORGANISER_KEY = "organiser"

CREDENTIALS: Mapping[str, Json] = {
    ORDER_TOKEN: {
        "type": "http",
        "scheme": "bearer",
        "description": "The `access_token` of an order. It opens that order only, and never stands in an address.",
    },
    SIGNED_LINK: {
        "type": "apiKey",
        "in": "query",
        "name": "sig",
        "description": "What the `links` of an order carry: good for an hour and for that one thing.",
    },
    ORGANISER_KEY: {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "bo_…",
        "description": "An organiser's API key. It opens what is the organiser's, and nothing else.",
    },
}

_TEXT: Json = {"type": "string"}

# By name: what it says, and its schema.
HEADERS: Mapping[str, tuple[str, Json]] = {
    "Allow": ("The methods that this address takes.", _TEXT),
    "Content-Disposition": ("The file's name.", _TEXT),
    "ETag": (
        "Names this very state: for `If-None-Match` when reading, for `If-Match` when changing.",
        {"type": "string", "pattern": '^"[^"]+"$'},
    ),
    "Idempotent-Replayed": (
        "Present when this answers an earlier request of the same key.",
        {"const": "true"},
    ),
    "Location": ("The address of what was made.", {"type": "string", "format": "uri-reference"}),
    "Retry-After": ("Try again after so many seconds.", {"type": "string", "pattern": "^[0-9]+$"}),
    "WWW-Authenticate": ("The kind of credentials that are wanted.", _TEXT),
}

LIMIT = Parameter(
    "limit",
    "query",
    "How many to give at most.",
    {"type": "integer", "minimum": 1, "maximum": 100, "default": 20},
)
CURSOR = Parameter(
    "cursor",
    "query",
    "The `next` of the page before, unchanged; without it, the list's beginning.",
    {"type": "string", "pattern": "^[A-Za-z0-9_=-]*$"},
)
IDEMPOTENCY_KEY = Parameter(
    "Idempotency-Key",
    "header",
    "Any 16 to 255 printable characters that you use for this one request only. Repeat the request with the same key "
    "and body as often as you need: it has its effect once, and gets the first answer again for 24 hours.",
    # A space at either end would be lost on the way.
    {"type": "string", "pattern": "^[!-~][ -~]{14,253}[!-~]$"},
    example="3d8b8e0c-7a53-4a5f-9d8e-2b1f6f0c9a41",
    refused=True,
)
IF_NONE_MATCH = Parameter("If-None-Match", "header", "The `ETag` of the state you have: 304 when it still is that.")
IF_MATCH = Parameter(
    "If-Match", "header", "The `ETag` of the state you mean to change: 412 when someone else has changed it since."
)
LAST_EVENT_ID = Parameter("Last-Event-ID", "header", "The last event you got; the stream goes on after it.")
