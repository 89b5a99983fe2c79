"""What every transport can carry, so that a message good for one is good for all."""

import re
from collections.abc import Sequence

from shared.bus.protocol import MAX_MESSAGE_BYTES, Message, TooLarge, Unsendable

# AMQP 0-9-1 short strings (section 4.2.5.3): the routing key and the message id travel as such.
MAX_NAME_BYTES = 255
# `queue.retry-30s` and `queue.dead` must fit beside the queue's own name.
_QUEUE = re.compile(r"[a-z0-9][a-z0-9._-]{0,199}")
_KEY = re.compile(r"[a-z0-9][a-z0-9._-]{0,254}")


def fault_of(message: Message) -> Unsendable | None:
    """Why this message can never be sent, or None."""
    if len(message.body) > MAX_MESSAGE_BYTES:
        return TooLarge(
            f"message {message.id[:64]!r} has {len(message.body)} bytes, over the {MAX_MESSAGE_BYTES} allowed: "
            "store the content and send a reference"
        )
    for name, value in (("id", message.id), ("key", message.key), ("subject", message.subject)):
        if why := _unfit(value):
            return Unsendable(f"the message's {name} {why}")
    if not message.id or not _KEY.fullmatch(message.key):
        return Unsendable("a message needs an id, and a key of lower-case letters, digits, dots and dashes")
    return None


def check_names(queue: str, keys: Sequence[str]) -> None:
    """Raises ValueError for a queue or key that some transport could not take as it stands."""
    if not _QUEUE.fullmatch(queue):
        raise ValueError(f"queue {queue!r}: lower-case letters, digits, dots and dashes, at most 200")
    for key in keys:
        if not _KEY.fullmatch(key):
            raise ValueError(f"key {key!r} of queue {queue}: lower-case letters, digits, dots and dashes, no wildcards")


def _unfit(value: str) -> str | None:
    if "\0" in value:
        return "holds a zero character"
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        return "holds a lone surrogate"
    return f"has {size} bytes, over the {MAX_NAME_BYTES} allowed" if size > MAX_NAME_BYTES else None
