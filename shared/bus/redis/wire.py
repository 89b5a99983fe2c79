"""How a message looks in a stream's entry, and what a plain client may have written there instead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from shared.bus.protocol import DeadLetter, Message

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Fields = Mapping[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Taken:
    """An entry in our hands: ours as long as it is pending for our consumer. `attempt` includes this one."""

    entry: str
    attempt: int
    message: Message


def taken(entry: bytes, fields: Fields, deliveries: int = 1) -> Taken:
    """`deliveries` is how often this entry was handed out, this time included."""
    return Taken(entry.decode(), attempts_of(fields) + deliveries, message_of(fields))


def message_of(fields: Fields) -> Message:
    """The message in an entry. One without `id` is known by its body's SHA-256."""
    body = fields.get(b"body", b"")
    return Message(
        id=_text(fields, b"id") or sha256(body).hexdigest(),
        key=_text(fields, b"key"),
        subject=_text(fields, b"subject"),
        body=body,
    )


def attempts_of(fields: Fields) -> int:
    """Attempts counted before this entry was made."""
    counted = fields.get(b"attempts", b"")
    return int(counted) if counted.isdigit() and len(counted) < 10 else 0


def dead_letter_of(fields: Fields, queue: str) -> DeadLetter:
    died_at = EPOCH + timedelta(milliseconds=int(fields.get(b"died-at", b"0")))
    return DeadLetter(message_of(fields), queue, _text(fields, b"reason"), attempts_of(fields), died_at)


def pairs(flat: Sequence[bytes]) -> dict[bytes, bytes]:
    """Fields as scripts give them: name, value, name, value, …"""
    return dict(zip(flat[::2], flat[1::2], strict=True))


def _text(fields: Fields, name: bytes) -> str:
    return fields.get(name, b"").decode(errors="replace")
