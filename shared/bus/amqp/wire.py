"""How a message looks on the wire.

The body is the CloudEvents envelope; `message_id` is its id. Copies that we put into retry queues and
dead letters go by the default exchange, so the routing key and our counts travel in headers:

    subject              what the message is about
    boxoffice-key        the routing key it was published with (on copies)
    boxoffice-attempts   attempts counted before this copy
    boxoffice-reason, boxoffice-died-at   on dead letters; the time in RFC 3339, UTC
"""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from aiormq import spec
from aiormq.abc import DeliveredMessage

from shared.bus.protocol import DeadLetter, Message

CONTENT_TYPE = "application/cloudevents+json"
PERSISTENT = 2
SUBJECT, KEY, ATTEMPTS = "subject", "boxoffice-key", "boxoffice-attempts"
REASON, DIED_AT = "boxoffice-reason", "boxoffice-died-at"
# Headers travel in one frame (131,072 bytes by default) with the other properties.
MAX_REASON_CHARACTERS = 4000


def properties(
    message: Message, source: str, headers: dict[str, Any] | None = None, expires_after: timedelta | None = None
) -> spec.Basic.Properties:
    """`expires_after` is how long it stays in a retry queue, in whole milliseconds."""
    return spec.Basic.Properties(
        content_type=CONTENT_TYPE,
        delivery_mode=PERSISTENT,
        message_id=message.id,
        app_id=source,
        headers={SUBJECT: message.subject} | (headers or {}),
        expiration=None if expires_after is None else str(max(1, round(expires_after / timedelta(milliseconds=1)))),
    )


def message_of(delivered: DeliveredMessage) -> Message:
    """The message in a delivery. One without `message_id` is known by its body's SHA-256."""
    headers = delivered.header.properties.headers or {}
    return Message(
        id=delivered.header.properties.message_id or sha256(delivered.body).hexdigest(),
        key=_text(headers.get(KEY)) or _first_key(headers) or delivered.routing_key or "",
        subject=_text(headers.get(SUBJECT)),
        body=delivered.body,
    )


def attempt_of(delivered: DeliveredMessage) -> int:
    """Our own count, plus the deliveries of this copy that were not settled (a killed worker, a lost line)."""
    headers = delivered.header.properties.headers or {}
    return _count(headers.get(ATTEMPTS)) + _count(headers.get("x-delivery-count")) + 1


def dead_letter_of(delivered: DeliveredMessage, queue: str) -> DeadLetter:
    """As we buried it, or as the broker did when its consumers died `DELIVERY_LIMIT` times."""
    headers = delivered.header.properties.headers or {}
    reason = _text(headers.get(REASON)) or f"by the broker: {_text(headers.get('x-first-death-reason')) or 'unknown'}"
    return DeadLetter(message_of(delivered), queue, reason, _count(headers.get(ATTEMPTS)), _died_at(headers))


def burial(message: Message, reason: str, attempts: int) -> dict[str, Any]:
    return {
        KEY: message.key,
        ATTEMPTS: attempts,
        REASON: reason[:MAX_REASON_CHARACTERS],
        DIED_AT: datetime.now(UTC).isoformat(),
    }


def _died_at(headers: dict[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(_text(headers.get(DIED_AT)))
    except ValueError:
        time = _deaths(headers)[0].get("time")
        return time if isinstance(time, datetime) else datetime.fromtimestamp(0, UTC)


def _first_key(headers: dict[str, Any]) -> str:
    """The key that a message buried by the broker was published with."""
    keys = _deaths(headers)[-1].get("routing-keys")
    return _text(keys[0]) if isinstance(keys, list) and keys else ""


def _deaths(headers: dict[str, Any]) -> list[dict[str, Any]]:
    """The broker's own record, newest first; at least one, which may be empty. Clients may write nonsense there."""
    deaths = headers.get("x-death")
    found: list[dict[str, Any]] = (
        [each for each in deaths if isinstance(each, dict)] if isinstance(deaths, list) else []
    )
    return found or [{}]


def _text(value: object) -> str:
    if isinstance(value, bytes | bytearray):
        return bytes(value).decode(errors="replace")
    return value if isinstance(value, str) else ""


def _count(value: object) -> int:
    return value if isinstance(value, int) and value > 0 else 0
