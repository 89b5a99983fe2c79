"""`/docs`: a service's OpenAPI document for people, shown by Swagger UI, which we serve ourselves.

The viewer (5.35.0, Apache 2.0) is as published on npm as `swagger-ui-dist`; only `docs.*` is ours.
"""

import asyncio
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from aiohttp import web

from shared.prepared import Prepared, prepared
from shared.web import HttpHandler

FOLDER = Path(__file__).parent / "viewer"
KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
HASH_DIGITS = 12
NO_GUESSING = {"X-Content-Type-Options": "nosniff"}
FOR_EVER = NO_GUESSING | {"Cache-Control": "public, max-age=31536000, immutable"}
# No other host, no inline script or style; the viewer's icons are `data:` in its style sheet.
PAGE = NO_GUESSING | {
    "Cache-Control": "public, max-age=300",
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def routes(title: str, document: str = "/openapi.json") -> list[web.RouteDef]:
    """The page, and what it loads at addresses that carry the content's hash."""
    files = {file.name: file.read_bytes() for file in sorted(FOLDER.iterdir()) if file.suffix in KINDS}
    addresses = {name: _address(name, content) for name, content in files.items()}
    page = (FOLDER / "docs.html").read_text()
    for name, value in (addresses | {"title": title, "document": document}).items():
        page = page.replace("{" + name + "}", value)
    loaded = [web.get(addresses[name], _showing(files[name], KINDS[Path(name).suffix], FOR_EVER)) for name in files]
    return [web.get("/docs", _showing(page.encode(), "text/html; charset=utf-8", PAGE)), *loaded]


def _address(name: str, content: bytes) -> str:
    file = Path(name)
    return f"/docs/{file.stem}.{sha256(content).hexdigest()[:HASH_DIGITS]}{file.suffix}"


def _showing(content: bytes, kind: str, headers: Mapping[str, str]) -> HttpHandler:
    """Compressed when someone asks first, beside the event loop: the viewer takes a tenth of a second."""
    made: list[Prepared] = []

    async def show(request: web.Request) -> web.Response:
        if not made:
            made.append(await asyncio.to_thread(prepared, content, kind))
        return made[0].answer(request, headers)

    return show
