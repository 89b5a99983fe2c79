"""The two cookies of signing in, and who they say we talk to.

`__Host-boxoffice_session` is the session; `__Host-boxoffice_sign_in` marks the browser that asked for a link, as long
as the link is good. Both hold 256 random bits, of which we keep the hash; neither can be read by a script, set by
another host, or sent with another site's form.
"""

import re
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256

from aiohttp import web

from services.orders.accounts.rules import LINK_LIFETIME, SESSION_LIFETIME, trustworthy

SESSION, SIGN_IN = "boxoffice_session", "boxoffice_sign_in"
_SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> bytes:
    return sha256(secret.encode()).digest()


@dataclass(frozen=True, slots=True)
class Cookies:
    """By the address under which browsers reach us: over plain HTTP to another machine, where a browser would drop
    them, they go without `Secure` and the name that asks for it."""

    public_url: str
    _secure: bool = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_secure", trustworthy(self.public_url))

    def session(self, request: web.Request) -> str | None:
        return self._read(request, SESSION)

    def browser(self, request: web.Request) -> str | None:
        return self._read(request, SIGN_IN)

    def set_session(self, response: web.Response, secret: str) -> None:
        self._set(response, SESSION, secret, SESSION_LIFETIME)

    def set_browser(self, response: web.Response, secret: str) -> None:
        self._set(response, SIGN_IN, secret, LINK_LIFETIME)

    def drop(self, response: web.Response, *names: str) -> None:
        for name in names:
            self._set(response, name, "", timedelta(0))

    def _read(self, request: web.Request, name: str) -> str | None:
        """Nothing for what is none of ours: it opens nothing, and is not looked up."""
        secret = request.cookies.get(self._name(name), "")
        return secret if _SECRET.fullmatch(secret) else None

    def _set(self, response: web.Response, name: str, value: str, lifetime: timedelta) -> None:
        response.set_cookie(
            self._name(name),
            value,
            path="/",
            max_age=int(lifetime.total_seconds()),
            httponly=True,
            secure=self._secure,
            samesite="Lax",
        )

    def _name(self, name: str) -> str:
        return f"__Host-{name}" if self._secure else name
