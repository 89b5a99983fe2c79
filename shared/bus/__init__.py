"""The bus: one protocol, several transports, the same promises on each.

    publish   returns once the broker has stored the message durably in every queue bound to its key
    subscribe hands each message to a handler until the handler's verdict is carried out

Delivery is at least once. A handler's *effect* is made once by `shared.inbox`, in the same
transaction as the effect. `connect` picks the transport from `BROKER_URL`.
"""

from shared.bus.connecting import connect, direct_publisher
from shared.bus.protocol import (
    BadBrokerUrl,
    Bus,
    BusError,
    BusUnavailable,
    DeadLetter,
    Delivery,
    Done,
    Handler,
    Later,
    Message,
    Never,
    QueueStatus,
    Receipt,
    Refused,
    RetryPolicy,
    Subscription,
    TooLarge,
    Unroutable,
    Unsendable,
    Verdict,
)

__all__ = [
    "BadBrokerUrl",
    "Bus",
    "BusError",
    "BusUnavailable",
    "DeadLetter",
    "Delivery",
    "Done",
    "Handler",
    "Later",
    "Message",
    "Never",
    "QueueStatus",
    "Receipt",
    "Refused",
    "RetryPolicy",
    "Subscription",
    "TooLarge",
    "Unroutable",
    "Unsendable",
    "Verdict",
    "connect",
    "direct_publisher",
]
