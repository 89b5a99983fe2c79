"""What tickets needs of the orders service's, kept as its own copy: it answers at the gate though orders is away."""

from functools import partial
from typing import Any
from uuid import UUID

from services.tickets import store
from shared.api_keys import Caller, Doorkeeper
from shared.bus import Bus, Delivery, Done, Later, Never, Subscription, Verdict
from shared.bus.typed import handling
from shared.database import DatabaseUnavailable, Pool, connection
from shared.messages import ApiKeyChanged
from shared.queues import queue_of


class Copyist:
    """Every message has all there is to know of its subject, so it is written over what was there."""

    def __init__(self, pool: "Pool[Any]") -> None:
        self._pool = pool

    async def subscribe(self, bus: Bus) -> None:
        queue = queue_of("tickets", ApiKeyChanged)
        await bus.subscribe(Subscription(queue, (ApiKeyChanged.key,)), handling(ApiKeyChanged, self.copy_key))

    async def copy_key(self, changed: ApiKeyChanged, _: Delivery) -> Verdict:
        try:
            identity, organiser = UUID(changed.id), UUID(changed.organiser.id)
            digest = bytes.fromhex(changed.hash)
        except ValueError as error:
            return Never(f"unreadable: {error}")
        try:
            async with connection(self._pool) as held:
                rights = list(changed.rights)
                await store.save_key(held, identity, digest, organiser, changed.organiser.name, rights, changed.revoked)
        except DatabaseUnavailable as error:
            return Later(str(error), counts=False)
        return Done()


def doorkeeper(pool: "Pool[Any]") -> Doorkeeper:
    """Lets organisers in by our copy of their keys."""
    return Doorkeeper(partial(_caller, pool))


async def _caller(pool: "Pool[Any]", digest: bytes) -> Caller | None:
    async with connection(pool) as held:
        return await store.caller(held, digest)
