"""The installation's own secrets, all derived from one key file.

The file (`SIGNING_KEY`) holds one 32-byte key a line, in hex, newest first: the first signs, the
others still verify, so a key is rotated by adding a line on top. What a key is used for is derived
from it with HKDF-SHA256 (RFC 5869) under a purpose's name, so no use can stand in for another.
"""

import os
import secrets
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class BadKeyFile(Exception):
    """The key file can't be read or made, or a line of it is no 32-byte key in hex."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The master keys, newest first; never empty."""

    keys: tuple[bytes, ...] = field(repr=False)

    def derive(self, purpose: str) -> tuple[bytes, ...]:
        """A 32-byte key for this purpose from each master key, newest first."""
        return tuple(HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(key) for key in self.keys)


def load(path: Path) -> Keyring:
    """Read the key file; make it with one new key when it is not there yet.

    Safe when several services start at once: whoever links its file first wins, all read that one.
    """
    try:
        if not path.exists():
            _create(path)
        lines = path.read_text().split()
        return Keyring(_parse(lines))
    except OSError as error:
        raise BadKeyFile(f"SIGNING_KEY: can't use {path}: {error.strerror}") from error
    except ValueError as error:
        raise BadKeyFile(f"SIGNING_KEY: {path} must hold 64 hex digits a line ({error})") from error


def tag(key: bytes, *parts: str) -> bytes:
    """A MAC of 32 bytes, keyed BLAKE2b (RFC 7693).

    Each part is ended by a zero byte, so that they can't run together.
    """
    return blake2b(("\0".join(parts) + "\0").encode(), key=key, digest_size=32).digest()


def _parse(lines: list[str]) -> tuple[bytes, ...]:
    keys = tuple(bytes.fromhex(line) for line in lines)
    if not keys or any(len(key) != 32 for key in keys):
        raise ValueError("no key found" if not keys else "a key is not 32 bytes long")
    return keys


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_hex(32) + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
