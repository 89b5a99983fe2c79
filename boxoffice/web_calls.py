"""The few HTTP calls that we make ourselves: HTTP/1.0 to this machine, each on a connection of its own."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

TIMEOUT_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Answer:
    """`body` is raw; `json()` reads it."""

    status: int
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


async def call(url: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
    """GET, or POST when there is a body (sent as JSON). Raises `OSError` when nobody answers properly in time."""
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    content = b"" if body is None else json.dumps(body).encode()
    fields = {"Host": parts.netloc} | (headers or {})
    if body is not None:
        fields |= {"Content-Type": "application/json", "Content-Length": str(len(content))}
    head = [f"{'GET' if body is None else 'POST'} {target} HTTP/1.0", *(f"{k}: {v}" for k, v in fields.items())]
    async with asyncio.timeout(TIMEOUT_SECONDS):
        raw = await _exchange(
            parts.hostname or "", parts.port or 80, "\r\n".join(head).encode() + b"\r\n\r\n" + content
        )
    return _read(raw, url)


async def _exchange(host: str, port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(request)
        return await reader.read()
    finally:
        writer.close()


def _read(raw: bytes, url: str) -> Answer:
    head, _, body = raw.partition(b"\r\n\r\n")
    words = head.split(maxsplit=2)
    if len(words) < 2 or not words[1].isdigit():
        raise OSError(f"no proper answer from {url}")
    return Answer(int(words[1]), body)
