"""Tickets asked for again are told of again; a file that the store has lost is drawn again, byte for byte."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from services.tickets.designing import store_key
from services.tickets.handlers import Issuer
from services.tickets.render_errors import RenderFailed
from services.tickets.rendering import render
from services.tickets.worker import Design
from shared.bus import Delivery, Done, Never, Verdict
from shared.database import Pool, close_pool, open_pool
from shared.messages import OrderPlaced, StoredDocument, TicketsFailed, TicketsIssued, message, read
from shared.object_store import ObjectStore, open_store
from tests.tickets.building import SIGNER, an_order

PLACED = an_order()
# What orders tells when it asks again: the event as it is by then.
LATER = replace(PLACED, event=replace(PLACED.event, name="Summer Night, moved"))
KEY = store_key(PLACED, "stub")
DELIVERY = Delivery(message(PLACED, source="orders"), "tickets.any", 1)


class Renderer:
    """Draws in this process, unless it is to fail; `version` is the program's, which a new release changes."""

    def __init__(self) -> None:
        self.version = b""
        self.fails = False
        self.drawn = 0

    async def render(self, placed: OrderPlaced, codes: Mapping[str, str], design: Design) -> bytes:
        self.drawn += 1
        if self.fails:
            raise RenderFailed("no font")
        return render(placed, codes, design) + self.version


class Room:
    """An issuer, and what it works with."""

    def __init__(self, pool: "Pool[Any]", folder: Path) -> None:
        self.pool = pool
        self.folder = folder
        self.objects: ObjectStore = open_store(folder.as_uri())
        self.renderer: Any = Renderer()

    async def place(self, placed: OrderPlaced = PLACED, design: Design = "stub") -> Verdict:
        issuer = Issuer(self.pool, self.renderer, self.objects, SIGNER, lambda: None, lambda _: design)
        return await issuer.issue(placed, DELIVERY)

    async def published(self) -> None:
        """What was owed has gone to the broker."""
        await self.pool.execute("DELETE FROM outbox")

    async def told(self) -> list[TicketsIssued]:
        return [read(TicketsIssued, row["body"]) for row in await self.pool.fetch("SELECT body FROM outbox")]

    def stored(self, document: StoredDocument) -> bytes:
        return (self.folder / document.key).read_bytes()


@pytest.fixture
async def room(migrated_url: str, tmp_path: Path) -> AsyncIterator[Room]:
    pool = await open_pool(migrated_url, "tickets")
    yield Room(pool, tmp_path)
    await close_pool(pool)


async def test_an_order_that_is_asked_for_again_is_told_of_again_and_not_drawn(room: Room) -> None:
    await room.place()
    first = await room.told()
    await room.published()
    assert await room.place(LATER) == Done()
    (again,) = await room.told()
    assert [again.pdf] == [told.pdf for told in first]
    assert again.natural_key == first[0].natural_key
    assert room.renderer.drawn == 1


async def test_while_the_first_news_is_still_owed_there_is_no_second(room: Room) -> None:
    for _ in range(3):
        await room.place()
    assert len(await room.told()) == 1


async def test_a_lost_file_is_drawn_again_byte_for_byte_though_the_event_has_changed(room: Room) -> None:
    await room.place()
    before = (room.folder / KEY).read_bytes()
    (room.folder / KEY).unlink()
    await room.published()
    assert await room.place(LATER) == Done()
    (told,) = await room.told()
    assert room.stored(told.pdf) == before
    assert told.pdf.key == KEY


async def test_a_lost_file_is_drawn_again_in_the_design_it_had(room: Room) -> None:
    await room.place(design="banner")
    key = store_key(PLACED, "banner")
    before = (room.folder / key).read_bytes()
    (room.folder / key).unlink()
    await room.place(design="stub")
    assert (room.folder / key).read_bytes() == before


async def test_a_damaged_file_is_drawn_again(room: Room) -> None:
    await room.place()
    before = (room.folder / KEY).read_bytes()
    (room.folder / KEY).write_bytes(b"x" * len(before))
    await room.place()
    assert (room.folder / KEY).read_bytes() == before


async def test_a_file_that_can_not_be_drawn_the_same_gets_another_name_and_is_told_of(room: Room) -> None:
    await room.place()
    (first,) = await room.told()
    (room.folder / KEY).unlink()
    await room.published()
    room.renderer.version = b"% a newer release"
    await room.place()
    (told,) = await room.told()
    assert told.pdf.key != KEY
    assert told.natural_key != first.natural_key
    assert room.stored(told.pdf).endswith(room.renderer.version)
    await room.published()
    await room.place()
    assert [again.pdf for again in await room.told()] == [told.pdf]


async def test_a_render_that_failed_is_tried_again_when_it_is_asked_for_again(room: Room) -> None:
    room.renderer.fails = True
    assert isinstance(await room.place(), Never)
    await room.published()
    assert isinstance(await room.place(), Never)
    (row,) = await room.pool.fetch("SELECT body FROM outbox")
    assert read(TicketsFailed, row["body"]).reason == "no font"
    await room.published()
    room.renderer.fails = False
    assert await room.place() == Done()
    assert len(await room.told()) == 1
