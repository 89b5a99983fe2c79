"""Identifiers that sort by the time they were made.

UUIDv7 as in RFC 9562 section 5.7: 48 bits of Unix milliseconds, then random bits. Made here since
Python has it only from 3.14 and PostgreSQL only from 18.
"""

import os
import time
from uuid import UUID


def uuid7() -> UUID:
    """A new identifier; within a millisecond the order is random."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds << 80) | int.from_bytes(os.urandom(10))
    value = value & ~(0xF << 76) | (0x7 << 76)
    value = value & ~(0x3 << 62) | (0x2 << 62)
    return UUID(int=value)
