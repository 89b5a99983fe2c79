"""The inbox over HTTP, as Mailpit answers (https://mailpit.axllent.org/docs/api-v1/), and its page."""

import asyncio
import json
from contextlib import suppress
from importlib.resources import files
from typing import Any
from urllib.parse import quote

from aiohttp import web

from boxoffice.inbox.store import Mailbox
from boxoffice.inbox.tables import Kept

DEFAULT_LIMIT = 50
LARGEST = 1_000_000
KEEP_ALIVE_SECONDS = 15.0
PAGE = {
    "": ("index.html", "text/html"),
    "page.js": ("page.js", "text/javascript"),
    "page.css": ("page.css", "text/css"),
}
PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'"
)


class InboxApi:
    """Routes over one mailbox."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/v1/messages", self.list_messages),
            web.delete("/api/v1/messages", self.delete_messages),
            web.get("/api/v1/message/{id}", self.show_message),
            web.get("/api/v1/message/{id}/part/{part}", self.show_part),
            web.get("/api/v1/message/{id}/raw", self.show_raw),
            web.get("/updates", self.stream_updates),
            web.get("/livez", self.alive),
            web.get("/healthz", self.alive),
            web.get("/readyz", self.alive),
            web.get("/{name:(page.js|page.css|)}", self.show_page),
        ]

    async def list_messages(self, request: web.Request) -> web.Response:
        start, limit = _number(request, "start", 0), _number(request, "limit", DEFAULT_LIMIT)
        found = await self._mailbox.listing(start, limit)
        return _json(
            {
                "total": found.total,
                "unread": found.unread,
                "count": len(found.mails),
                "messages_count": found.total,
                "messages_unread": found.unread,
                "duplicates": found.duplicates,
                "start": start,
                "tags": [],
                "messages": found.mails,
            }
        )

    async def delete_messages(self, request: web.Request) -> web.Response:
        body = await request.text()
        try:
            identities = json.loads(body).get("IDs") or [] if body.strip() else []
            identities = [str(identity) for identity in identities]
        except (ValueError, AttributeError, TypeError):
            raise web.HTTPBadRequest(text='send {"IDs": ["…"]}, or nothing to delete all') from None
        await self._mailbox.delete(identities)
        return web.Response(text="ok")

    async def show_message(self, request: web.Request) -> web.Response:
        kept = await self._kept(request)
        return _json({"ID": kept.id, **kept.mail().details(kept.created)})

    async def show_part(self, request: web.Request) -> web.Response:
        part = (await self._kept(request)).mail().part(request.match_info["part"])
        if part is None:
            raise web.HTTPNotFound(text="this message has no such part")
        headers = {"X-Content-Type-Options": "nosniff"}
        if part.file_name:
            headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(part.file_name, safe='')}"
        if part.content_type != "application/pdf":
            # A stranger's HTML or SVG must not run beside the page. (Browsers' PDF viewers don't work in a sandbox.)
            headers["Content-Security-Policy"] = "sandbox"
        return web.Response(body=part.content, content_type=part.content_type, headers=headers)

    async def show_raw(self, request: web.Request) -> web.Response:
        kept = await self._kept(request)
        return web.Response(body=kept.raw, content_type="text/plain", headers={"X-Content-Type-Options": "nosniff"})

    async def stream_updates(self, request: web.Request) -> web.StreamResponse:
        """A server-sent event after every change, so that the page need not ask."""
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await stream.prepare(request)
        version = -1
        with suppress(ConnectionResetError):
            while True:
                try:
                    async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                        version = await self._mailbox.version_after(version)
                except TimeoutError:
                    await stream.write(b": still here\n\n")
                else:
                    await stream.write(b"data: changed\n\n")
        return stream

    async def alive(self, _: web.Request) -> web.Response:
        return _json({"status": "ready"})

    async def show_page(self, request: web.Request) -> web.Response:
        name, content_type = PAGE[request.match_info["name"]]
        content = files("boxoffice.inbox").joinpath("page", name).read_bytes()
        headers = {
            "Content-Security-Policy": PAGE_POLICY,
            "Referrer-Policy": "no-referrer",
            "Cache-Control": "no-cache",
        }
        return web.Response(body=content, content_type=content_type, charset="utf-8", headers=headers)

    async def _kept(self, request: web.Request) -> Kept:
        kept = await self._mailbox.find(request.match_info["id"])
        if kept is None:
            raise web.HTTPNotFound(text="there is no such message: it may have been deleted")
        return kept


def _number(request: web.Request, name: str, default: int) -> int:
    value = request.query.get(name, str(default))
    if not (value.isascii() and value.isdigit() and int(value[:10]) <= LARGEST):
        raise web.HTTPBadRequest(text=f"{name} must be a number from 0 to {LARGEST}")
    return int(value)


def _json(document: Any) -> web.Response:
    return web.json_response(document, headers={"Cache-Control": "no-store"})
