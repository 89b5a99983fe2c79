"""Who gets the new design, and that the tickets service asks."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from services.tickets.app import wire
from services.tickets.designing import store_key
from services.tickets.settings import TicketsSettings
from shared.bus import connect
from shared.flags import store
from shared.flags.rules import Rule, Setting
from shared.messages import message
from shared.object_store import open_store
from tests.servers.waiting import eventually
from tests.tickets.building import an_order, ink, pictures


async def set_design(url: str, setting: Setting) -> None:
    connection = await asyncpg.connect(url)
    async with connection.transaction():
        await store.lock(connection, "new-ticket-design")
        await store.save(connection, "new-ticket-design", setting, "ada", "")
    await connection.close()


async def test_orders_of_an_event_for_which_it_is_on_are_drawn_anew_and_no_others(
    migrated_url: str, tmp_path: Path, free_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    await set_design(migrated_url, Setting(True, (Rule(event="summer-night", locale="de"),)))
    for name, value in {"DATABASE_URL": migrated_url, "DATA_DIR": str(tmp_path), "RENDER_PROCESSES": "1"}.items():
        monkeypatch.setenv(name, value)
    german, english = an_order(number="7K2MX-Q4P9D", locale="de"), an_order(number="7K2MX-Q4P9E")
    async with AsyncExitStack() as parts:
        await wire(TicketsSettings(), parts, port=free_port)
        bus = await connect(migrated_url, source="test")
        parts.push_async_callback(bus.close)
        await bus.publish([message(order, source="test") for order in (german, english)])
        pool = await parts.enter_async_context(asyncpg.create_pool(migrated_url, min_size=0, max_size=1))

        async def both() -> Any:
            rows = await pool.fetch("SELECT store_key FROM tickets.documents ORDER BY number")
            return len(rows) == 2 and [row["store_key"] for row in rows]

        keys = await eventually(both, 60)
    assert keys == [store_key(german, "banner"), store_key(english, "stub")]
    objects = open_store((tmp_path / "store").as_uri())
    anew, plain = [pictures(await objects.get(key))[0] for key in keys]
    top = (80, 80, 1110, 280)
    assert ink(anew, top) > 3 * ink(plain, top)


def test_two_designs_of_an_order_do_not_overwrite_each_other() -> None:
    assert store_key(an_order(), "stub") != store_key(an_order(), "banner")
