"""API keys of organisers: `bo_` and 256 random bits, of which only the SHA-256 is kept.

    caller = await doorkeeper.caller(request, "write")

is the whole of a route's authentication. Whatever it then reads or writes is `caller.id`'s.
A key is found by its hash, so nothing of it can be learned by timing, and a hash opens nothing.
"""

import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, get_args
from uuid import UUID

from aiohttp import web

from shared.web import forbidden, unauthorized

Right = Literal["read", "write", "check-in"]
RIGHTS: tuple[Right, ...] = get_args(Right)

PREFIX = "bo_"
SHOWN = 11
FRESH_SECONDS = 1.0
KEPT = 1000

# Access tokens of orders have no prefix and are shorter: one that begins with `bo_` by chance is none of these.
_KEY = re.compile(PREFIX + "[A-Za-z0-9_-]{43}")


@dataclass(frozen=True, slots=True)
class Caller:
    """An organiser, by one of its keys: `id` and `name` are the organiser's, `key` is the key's id."""

    id: UUID
    name: str
    key: UUID
    rights: frozenset[str]


Lookup = Callable[[bytes], Awaitable[Caller | None]]


def new_key() -> str:
    return PREFIX + secrets.token_urlsafe(32)


def is_key(token: str) -> bool:
    return bool(_KEY.fullmatch(token))


def hash_of(key: str) -> bytes:
    return sha256(key.encode()).digest()


def shown(key: str) -> str:
    """What people tell keys apart by: 8 characters after `bo_`, of 43."""
    return key[:SHOWN]


def bearer(request: web.Request) -> str:
    """The token of `Authorization: Bearer …`, or nothing."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


class Doorkeeper:
    """Lets callers in by their keys. A revoked key is refused within a second, everywhere."""

    def __init__(self, lookup: Lookup, clock: Callable[[], float] = time.monotonic) -> None:
        """`lookup` finds a key that is not revoked by its hash. It may raise `DatabaseUnavailable`."""
        self._lookup = lookup
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[float, Caller]] = OrderedDict()

    async def caller(self, request: web.Request, right: Right) -> Caller:
        """Whoever calls, if their key has this right. Raises `Problem`: unauthorized or forbidden."""
        caller = await self.behind(bearer(request))
        if caller is None:
            raise unauthorized("Send one of your organiser's API keys: Authorization: Bearer bo_….")
        if right not in caller.rights:
            raise forbidden(f"This key lacks the right “{right}”. Use one that has it.")
        return caller

    async def caller_if_any(self, request: web.Request, right: Right) -> Caller | None:
        """None when no API key came along. Raises `Problem` when one did and it is not good for this."""
        return await self.caller(request, right) if bearer(request).startswith(PREFIX) else None

    async def behind(self, key: str) -> Caller | None:
        """Whose key this is; None for what is none."""
        if not is_key(key):
            return None
        digest, now = hash_of(key), self._clock()
        known = self._known.get(digest)
        if known and now < known[0]:
            return known[1]
        caller = await self._lookup(digest)
        self._known.pop(digest, None)
        if caller:
            self._known[digest] = (now + FRESH_SECONDS, caller)
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        return caller
