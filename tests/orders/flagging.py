"""Flags of a running orders service, set as an operator does, and flags as nobody has set them."""

from openfeature import api

from shared.flags import Flags, store
from shared.flags.rules import Setting
from tests.orders.conftest import Orders


async def set_flag(orders: Orders, name: str, setting: Setting | None) -> None:
    """It is followed within a second: wait for what it brings about."""
    async with orders.pool.acquire() as held:
        async with held.transaction():
            await store.lock(held, name)
            number = await store.save(held, name, setting, "ada", "")
        await store.announce(held, number)


def as_declared() -> Flags:
    """Flags for which there is no provider: the code's defaults hold."""
    return Flags(api.get_client("nobody's"), None)
