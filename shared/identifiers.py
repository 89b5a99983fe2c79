"""Identifiers that sort by the time they were made.

UUIDv7 as in RFC 9562 section 5.7: 48 bits of Unix milliseconds, then random bits. Made here since
Python has it only from 3.14 and PostgreSQL only from 18.
"""

import os
import time
from uuid import UUID

_RANDOM_BYTES = 10
_FIELDS = ~(0xF << 76 | 0x3 << 62)
_VERSION_AND_VARIANT = 0x7 << 76 | 0x2 << 62


def uuid7() -> UUID:
    """A new identifier; within a millisecond the order is random."""
    return uuid7s(1)[0]


def uuid7s(count: int) -> list[UUID]:
    """New identifiers for one call to the kernel, which costs more than all else about them."""
    time_bits = time.time_ns() // 1_000_000 << 80
    random = os.urandom(_RANDOM_BYTES * count)
    return [
        UUID(int=(time_bits | int.from_bytes(random[at : at + _RANDOM_BYTES])) & _FIELDS | _VERSION_AND_VARIANT)
        for at in range(0, len(random), _RANDOM_BYTES)
    ]
