"""What tickets keeps of the orders service's."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from services.tickets import store
from services.tickets.copying import Copyist, doorkeeper
from shared.api_keys import RIGHTS, hash_of, new_key
from shared.bus import Bus, Done, Never, connect
from shared.database import Pool, close_pool, connection, open_pool
from shared.identifiers import uuid7
from shared.messages import ApiKeyChanged, EventChanged, EventDetails, Organiser, Venue, message
from tests.servers.waiting import eventually

NOW = datetime(2027, 5, 1, 12, 0, tzinfo=UTC)
KEY = new_key()
MADE = ApiKeyChanged(
    id=str(uuid7()),
    hash=hash_of(KEY).hex(),
    organiser=Organiser(str(uuid7()), "Lakeside"),
    rights=RIGHTS,
    revoked=False,
)
EVENT = EventChanged(
    event=EventDetails(
        str(uuid7()), "night", "Night", "", Venue("Hall", "1 Road"), NOW, None, "Europe/Berlin", "Lakeside"
    ),
    organiser=Organiser(str(uuid7()), "Lakeside"),
    ticket_types=(),
    published=True,
    version=2,
    changed=("published",),
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


@pytest.mark.parametrize("order", [(2, 3, 4), (4, 3, 2), (3, 4, 4, 2)])
async def test_older_news_of_an_event_never_overwrites_newer(pool: "Pool[Any]", order: tuple[int, ...]) -> None:
    nothing: Any = None
    for version in order:
        fact = msgspec.structs.replace(EVENT, version=version, published=version < 4)
        assert await Copyist(pool).copy_event(fact, nothing) == Done()
    rows = await pool.fetch("SELECT * FROM events")
    assert [(str(row["id"]), str(row["organiser_id"]), row["version"], row["published"]) for row in rows] == [
        (EVENT.event.id, EVENT.organiser.id, 4, False)
    ]
    assert msgspec.json.decode(rows[0]["details"], type=EventChanged).version == 4


async def test_an_event_is_known_once_its_message_came(pool: "Pool[Any]", bus: Bus) -> None:
    await Copyist(pool).subscribe(bus)
    await bus.publish([message(EVENT, source="orders")])

    async def known() -> bool:
        return bool(await pool.fetchval("SELECT published FROM events WHERE id = $1::text::uuid", EVENT.event.id))

    await eventually(known)
