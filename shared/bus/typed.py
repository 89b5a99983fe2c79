"""Handlers of facts instead of bytes."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.bus.protocol import Delivery, Handler, Never, Verdict
from shared.messages import Fact, Unreadable, read

F = TypeVar("F", bound=Fact)


def handling(kind: type[F], handler: Callable[[F, Delivery], Awaitable[Verdict]]) -> Handler:
    """A handler that gets the fact inside the message; what can't be read as `kind` goes to the dead letters."""

    async def handle(delivery: Delivery) -> Verdict:
        try:
            fact = read(kind, delivery.message.body)
        except Unreadable as error:
            return Never(f"unreadable: {error}")
        return await handler(fact, delivery)

    return handle
