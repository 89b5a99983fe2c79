"""Documents that describe us to other teams: anyone may read them, from any page, and keep them for an hour."""

import msgspec
from aiohttp import web

from shared.prepared import prepared

HEADERS = {"Cache-Control": "public, max-age=3600", "Access-Control-Allow-Origin": "*"}


def kept(path: str, document: object) -> web.RouteDef:
    """`GET path`: the document as JSON."""
    content = prepared(msgspec.json.encode(document), "application/json")

    async def show(request: web.Request) -> web.Response:
        return content.answer(request, HEADERS)

    return web.get(path, show)
