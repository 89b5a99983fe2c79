"""The secrets that sign deliveries: shown once, kept sealed.

A hash would not do, since we sign with them ourselves. Each is encrypted with AES-256-GCM under a key
derived from the installation's, and bound to its webhook: a copy of the database alone opens none, and
a secret moved to another row opens nothing.
"""

import os
import secrets
from base64 import b64encode
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.keyring import Keyring

PREFIX = "whsec_"
SECRET_BYTES = 32
_NONCE_BYTES = 12


class Unopenable(Exception):
    """No key of ours opens this secret: the key it was sealed with has left the key file."""


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def shown(secret: bytes) -> str:
    """As the Standard Webhooks specification writes it: `whsec_` and base 64."""
    return PREFIX + b64encode(secret).decode()


class Vault:
    """Seals with the newest key and opens with any."""

    def __init__(self, keyring: Keyring) -> None:
        self._keys = tuple(AESGCM(key) for key in keyring.derive("webhook-secrets"))

    def seal(self, secret: bytes, webhook: UUID) -> bytes:
        nonce = os.urandom(_NONCE_BYTES)
        return nonce + self._keys[0].encrypt(nonce, secret, webhook.bytes)

    def open(self, sealed: bytes, webhook: UUID) -> bytes:
        """Raises `Unopenable`."""
        nonce, text = sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:]
        for key in self._keys:
            try:
                return key.decrypt(nonce, text, webhook.bytes)
            except (InvalidTag, ValueError):
                continue
        raise Unopenable(str(webhook))
