"""What a form carries to show that it is from a page that we gave to this very browser."""

from base64 import urlsafe_b64encode
from hmac import compare_digest

from shared.keyring import Keyring, tag
from shared.web import forbidden

FIELD = "seal"
STALE = "This form is old, or not of this browser. Load the page again and send its form."


class Seals:
    """Made of a cookie's secret, which another site can make a browser send, but never read."""

    def __init__(self, keyring: Keyring) -> None:
        self._keys = keyring.derive("forms")

    def of(self, secret: str) -> str:
        return _text(tag(self._keys[0], secret))

    def check(self, secret: str, given: str) -> None:
        """Raises `Problem` forbidden."""
        if not any(compare_digest(given.encode(), _text(tag(key, secret)).encode()) for key in self._keys):
            raise forbidden(STALE)


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
