"""Who may see an order: access tokens and signed links, derived and never stored.

An access token is HMAC-SHA256 of the order's id; a link's signature covers its purpose, the
confirmation number and its expiry. Both in URL-safe base 64.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from hmac import compare_digest
from typing import Literal
from uuid import UUID

from shared.keyring import Keyring, tag

Purpose = Literal["progress", "tickets.pdf"]

LINK_LIFETIME = timedelta(hours=1)
_EXPIRY_BYTES = 5
_SIGNATURE_BYTES = 16


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

    def link_signature(self, purpose: Purpose, number: str, now: datetime) -> str:
        """The `sig` of a link good for one thing until `LINK_LIFETIME` after `now`."""
        expiry = int((now + LINK_LIFETIME).timestamp()).to_bytes(_EXPIRY_BYTES)
        return _text(expiry + _link_tag(self._links[0], purpose, number, expiry))

    def link_holds(self, signature: str, purpose: Purpose, number: str, now: datetime) -> bool:
        try:
            raw = urlsafe_b64decode(signature.encode("ascii", "replace") + b"=" * (-len(signature) % 4))
        except ValueError:
            return False
        expiry, given = raw[:_EXPIRY_BYTES], raw[_EXPIRY_BYTES:]
        if datetime.fromtimestamp(min(int.from_bytes(expiry), 2**32), UTC) <= now:
            return False
        return any(compare_digest(given, _link_tag(key, purpose, number, expiry)) for key in self._links)


def _link_tag(key: bytes, purpose: Purpose, number: str, expiry: bytes) -> bytes:
    return tag(key, purpose, number, expiry.hex())[:_SIGNATURE_BYTES]


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
