"""Identifiers that sort by the time they were made.

UUIDv7 as in RFC 9562 section 5.7: 48 bits of Unix milliseconds, then random bits. Made here since
Python has it only from 3.14 and PostgreSQL only from 18.
"""

import time
from uuid import UUID

# A `uuid.UUID` like any other, in C: made, written out and sent to Postgres in a tenth to a half of the time.
from asyncpg.pgproto import pgproto

from shared.randomness import random_bytes

_RANDOM_BYTES = 10
_VERSION, _VARIANT = 0x70, 0x80


def uuid7() -> UUID:
    """A new identifier; within a millisecond the order is random."""
    return _uuid(_now(), random_bytes(_RANDOM_BYTES))


def uuid7s(count: int) -> list[UUID]:
    """New identifiers, all of the same millisecond."""
    now, random = _now(), random_bytes(_RANDOM_BYTES * count)
    return [_uuid(now, random[at : at + _RANDOM_BYTES]) for at in range(0, len(random), _RANDOM_BYTES)]


def _now() -> bytes:
    """Unix milliseconds."""
    return (time.time_ns() // 1_000_000).to_bytes(6)


def _uuid(milliseconds: bytes, random: bytes) -> UUID:
    marked = bytes((random[0] & 0x0F | _VERSION, random[1], random[2] & 0x3F | _VARIANT))
    return pgproto.UUID(milliseconds + marked + random[3:])
