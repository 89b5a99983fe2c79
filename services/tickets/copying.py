"""What tickets needs of the orders service's, kept as its own copy: it answers at the gate though orders is away."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from uuid import UUID

import msgspec

from services.tickets import store
from shared.api_keys import Caller, Doorkeeper
from shared.bus import Bus, Delivery, Done, Later, Never, Subscription, Verdict
from shared.bus.typed import handling
from shared.database import Connection, DatabaseUnavailable, Pool, connection
from shared.messages import ApiKeyChanged, EventChanged, Fact, OrderCancelled
from shared.queues import queue_of


class Copyist:
    """Every message has all there is to know of its subject, so it is written over what was there."""

    def __init__(self, pool: "Pool[Any]") -> None:
        self._pool = pool

    async def subscribe(self, bus: Bus) -> None:
        for subscription, handler in (
            (_subscription(ApiKeyChanged), handling(ApiKeyChanged, self.copy_key)),
            (_subscription(EventChanged), handling(EventChanged, self.copy_event)),
            (_subscription(OrderCancelled), handling(OrderCancelled, self.copy_cancellation)),
        ):
            await bus.subscribe(subscription, handler)

    async def copy_key(self, changed: ApiKeyChanged, _: Delivery) -> Verdict:
        try:
            identity, organiser = UUID(changed.id), UUID(changed.organiser.id)
            digest = bytes.fromhex(changed.hash)
        except ValueError as error:
            return Never(f"unreadable: {error}")
        name, rights = changed.organiser.name, list(changed.rights)
        return await self._keep(
            lambda held: store.save_key(held, identity, digest, organiser, name, rights, changed.revoked)
        )

    async def copy_event(self, changed: EventChanged, _: Delivery) -> Verdict:
        try:
            identity, organiser = UUID(changed.event.id), UUID(changed.organiser.id)
        except ValueError as error:
            return Never(f"unreadable: {error}")
        details = msgspec.json.encode(changed)
        return await self._keep(
            lambda held: store.save_event(held, identity, organiser, changed.version, changed.published, details)
        )

    async def copy_cancellation(self, cancelled: OrderCancelled, _: Delivery) -> Verdict:
        try:
            event, tickets = UUID(cancelled.event.id), [UUID(ticket) for ticket in cancelled.tickets]
        except ValueError as error:
            return Never(f"unreadable: {error}")
        reason, at = cancelled.reason, cancelled.cancelled_at
        return await self._keep(lambda held: store.add_cancelled(held, cancelled.number, event, tickets, reason, at))

    async def _keep(self, write: Callable[[Connection], Awaitable[None]]) -> Verdict:
        try:
            async with connection(self._pool) as held:
                await write(held)
        except DatabaseUnavailable as error:
            return Later(str(error), counts=False)
        return Done()


def _subscription(kind: type[Fact]) -> Subscription:
    return Subscription(queue_of("tickets", kind), (kind.key,))


def doorkeeper(pool: "Pool[Any]") -> Doorkeeper:
    """Lets organisers in by our copy of their keys."""
    return Doorkeeper(partial(_caller, pool))


async def _caller(pool: "Pool[Any]", digest: bytes) -> Caller | None:
    async with connection(pool) as held:
        return await store.caller(held, digest)
