"""What other teams build against: the API and the messages, as documents made of the types that the code uses."""

from collections.abc import Sequence

from aiohttp import web

from shared import asyncapi, documents, openapi
from shared.openapi import viewing

TITLE = "Boxoffice orders"
DESCRIPTION = """\
Tickets for events: buyers browse, order and follow their order; organisers put on sale and see what was sold.

Money is in integer minor units, times are RFC 3339 in UTC, ids are opaque. Query parameters that we don't know are
ignored; unknown members of a body are not. Every error is `application/problem+json`: its `type` ends in the slug that
is named beside each answer, its `detail` is a sentence for a person. Members may be added to answers at any time.
"""


def routes(api: Sequence[web.RouteDef], public_url: str) -> list[web.RouteDef]:
    """`GET /openapi.json` of these routes and `/docs`, which shows it; `GET /asyncapi.json` of the messages."""
    document = openapi.document(api, title=TITLE, description=DESCRIPTION, server=public_url)
    kept = [documents.kept("/openapi.json", document), documents.kept("/asyncapi.json", asyncapi.document())]
    return [*kept, *viewing.routes(TITLE)]
