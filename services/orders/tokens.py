"""Who may see an order: access tokens and signed links, derived and never stored.

An access token is the MAC of the order's id. A link's signature is its expiry and a half of the MAC of confirmation
number and expiry: each purpose has its own half. Both in URL-safe base 64.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Literal
from uuid import UUID

from shared.keyring import Keyring, tag

Purpose = Literal["progress", "tickets.pdf"]

LINK_LIFETIME = timedelta(hours=1)
_LIFETIME_SECONDS = int(LINK_LIFETIME.total_seconds())
_EXPIRY_BYTES = 5
_HALVES: dict[Purpose, slice] = {"progress": slice(0, 16), "tickets.pdf": slice(16, 32)}


class Tokens:
    """Made from the installation's keyring: the newest key signs, older ones still open."""

    def __init__(self, keyring: Keyring) -> None:
        self._access = keyring.derive("order-access")
        self._links = keyring.derive("order-links")

    def access_token(self, order: UUID) -> str:
        """43 characters that open this order and no other."""
        return _text(tag(self._access[0], str(order)))

    def opens(self, token: str, order: UUID) -> bool:
        given = token.encode()
        return any(compare_digest(given, _text(tag(key, str(order))).encode()) for key in self._access)

    def link_signatures(self, number: str, now: datetime) -> dict[Purpose, str]:
        """The `sig` of each of an order's links, good for that one thing until `LINK_LIFETIME` after `now`."""
        expiry = (int(now.timestamp()) + _LIFETIME_SECONDS).to_bytes(_EXPIRY_BYTES)
        signed = _link_tag(self._links[0], number, expiry)
        return {purpose: _text(expiry + signed[half]) for purpose, half in _HALVES.items()}

    def link_holds(self, signature: str, purpose: Purpose, number: str, now: datetime) -> bool:
        try:
            raw = urlsafe_b64decode(signature.encode("ascii", "replace") + b"=" * (-len(signature) % 4))
        except ValueError:
            return False
        expiry, given = raw[:_EXPIRY_BYTES], raw[_EXPIRY_BYTES:]
        if datetime.fromtimestamp(min(int.from_bytes(expiry), 2**32), UTC) <= now:
            return False
        return any(compare_digest(given, _link_tag(key, number, expiry)[_HALVES[purpose]]) for key in self._links)


def _link_tag(key: bytes, number: str, expiry: bytes) -> bytes:
    return tag(key, number, expiry.hex())


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
