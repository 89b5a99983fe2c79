"""What tickets keeps of the orders service's."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from services.tickets import store
from services.tickets.copying import Copyist, doorkeeper
from shared.api_keys import RIGHTS, hash_of, new_key
from shared.bus import Bus, Done, Never, connect
from shared.database import Pool, close_pool, connection, open_pool
from shared.identifiers import uuid7
from shared.messages import ApiKeyChanged, Organiser, message
from tests.servers.waiting import eventually

KEY = new_key()
MADE = ApiKeyChanged(
    id=str(uuid7()),
    hash=hash_of(KEY).hex(),
    organiser=Organiser(str(uuid7()), "Lakeside"),
    rights=RIGHTS,
    revoked=False,
)
REVOKED = msgspec.structs.replace(MADE, revoked=True)


@pytest.fixture
async def pool(migrated_url: str) -> AsyncIterator["Pool[Any]"]:
    opened = await open_pool(migrated_url, "tickets")
    yield opened
    await close_pool(opened)


@pytest.fixture
async def bus(migrated_url: str) -> AsyncIterator[Bus]:
    opened = await connect(migrated_url, source="test")
    yield opened
    await opened.close()


async def opens(pool: "Pool[Any]") -> bool:
    async with connection(pool) as held:
        return await store.caller(held, hash_of(KEY)) is not None


async def test_a_key_is_known_once_its_message_came(pool: "Pool[Any]", bus: Bus) -> None:
    await Copyist(pool).subscribe(bus)
    await bus.publish([message(MADE, source="orders")])
    await eventually(lambda: opens(pool))
    caller = await doorkeeper(pool).behind(KEY)
    assert caller
    assert (str(caller.id), caller.name, str(caller.key)) == (MADE.organiser.id, "Lakeside", MADE.id)
    assert caller.rights == set(RIGHTS)


@pytest.mark.parametrize("news", [(MADE, REVOKED), (REVOKED, MADE), (MADE, REVOKED, MADE)])
async def test_a_revoked_key_stays_revoked_in_whatever_order_the_news_comes(
    pool: "Pool[Any]", news: tuple[ApiKeyChanged, ...]
) -> None:
    nothing: Any = None
    for fact in news:
        assert await Copyist(pool).copy_key(fact, nothing) == Done()
    assert not await opens(pool)


async def test_a_key_that_can_not_be_one_goes_to_the_dead_letters(pool: "Pool[Any]") -> None:
    nothing: Any = None
    for wrong in (msgspec.structs.replace(MADE, id="1"), msgspec.structs.replace(MADE, hash="xyz")):
        assert isinstance(await Copyist(pool).copy_key(wrong, nothing), Never)
