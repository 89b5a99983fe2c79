"""A backup taken while people buy, restored elsewhere: everything is there, and nobody gets a mail twice."""

import asyncio
import gzip
import json
import signal
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import asyncpg

from boxoffice.embedded_postgres import running_url
from tests.boxoffice.running import boxoffice
from tests.end_to_end.buying import Json, Placed, an_order, place, status_of
from tests.end_to_end.conftest import clients
from tests.end_to_end.inbox import Inbox
from tests.end_to_end.installation import Installation
from tests.servers.waiting import eventually

MADE = {"tickets": "issued", "email": "pending"}
SENT = {"tickets": "issued", "email": "sent"}
SECONDS = 60.0
# Each is made and mailed afterwards.
AT_MOST = 20


@dataclass(frozen=True, slots=True)
class Orders:
    """As the backup found them: `sent`; `pending`, whose mail went later; `unmade`, without tickets; and `lost`."""

    sent: list[Placed]
    pending: list[Placed]
    unmade: list[Placed]
    lost: list[Placed]


async def test_a_restored_backup_has_everything_and_mails_nobody_twice(tmp_path: Path) -> None:
    first, second = Installation(tmp_path / "first"), Installation(tmp_path / "second")
    try:
        await first.start()
        async with clients(first) as (http, inbox):
            orders = await backed_up_amid_orders(first, http, tmp_path / "copy")
            first.signal("mailer", signal.SIGCONT)
            await until(http, orders.pending, SENT)
            pdf = await pdf_of(http, orders.sent[0])
            mails = await mails_in(inbox)
        await first.end()
        journal = ("--journal", str(first.data / "mail-journal"))
        restored = await boxoffice("restore", str(tmp_path / "copy"), "--data", str(second.data), *journal)
        assert restored.code == 0, restored.err
        await second.start()
        async with clients(second) as (http, inbox):
            assert await pdf_of(http, orders.sent[0]) == pdf
            await nobody_is_mailed_unasked(second, http, inbox, orders)
            released = await boxoffice("mails", "send", "--all", DATA_DIR=str(second.data))
            assert released.out == f"{len(orders.unmade)} mails to be sent\n"
            await until(http, orders.unmade, SENT)
            after = await place(http, an_order("Charles Babbage"))
            await until(http, [after], SENT)
            mails += await mails_in(inbox)
        assert set(mails.values()) == {1}
        reached = {address for address, _ in mails}
        assert {order.email for order in (*orders.sent, *orders.pending, *orders.unmade, after)} <= reached
    finally:
        await first.end()
        await second.end()


async def backed_up_amid_orders(installation: Installation, http: aiohttp.ClientSession, copy: Path) -> Orders:
    sent = [await place(http, an_order("Ada Lovelace"))]
    await until(http, sent, SENT)
    installation.signal("mailer", signal.SIGSTOP)
    pending = [await place(http, an_order("Grace Hopper", "Jean Bartik")) for _ in range(8)]
    await until(http, pending, MADE)
    # What is bought from here on has no tickets yet when the copy is made, and gets none in the first installation.
    installation.signal("tickets", signal.SIGSTOP)
    enough = asyncio.Event()
    buying = asyncio.create_task(buy_until(enough, http))
    try:
        made = await boxoffice("backup", str(copy), DATA_DIR=str(installation.data))
        assert made.code == 0, made.err
    finally:
        enough.set()
        flowing = await buying
    there = numbers_in(copy)
    assert {order.number for order in (*sent, *pending)} <= there
    unmade, lost = [[order for order in flowing if (order.number in there) is kept] for kept in (True, False)]
    assert unmade
    assert lost
    return Orders(sent, pending, unmade, lost)


async def nobody_is_mailed_unasked(
    installation: Installation, http: aiohttp.ClientSession, inbox: Inbox, orders: Orders
) -> None:
    """What went is found in the journal, what may have gone is made and held back, what came later is gone."""
    await until(http, [*orders.sent, *orders.pending], SENT)
    await until(http, orders.unmade, MADE)
    await books_balance(installation)
    listed = await boxoffice("mails", "in-doubt", "--json", DATA_DIR=str(installation.data))
    assert {mail["number"] for mail in listed.json} == {order.number for order in orders.unmade}
    for order in orders.lost:
        async with http.get(
            f"/v1/orders/{order.number}", headers={"Authorization": f"Bearer {order.token}"}
        ) as response:
            assert response.status == 404
    assert await mails_in(inbox) == Counter()


async def books_balance(installation: Installation) -> None:
    """Every order in the copy has its tickets, and no place was sold that is still on sale."""
    url = running_url(installation.data)
    connection = await asyncpg.connect(url)
    try:
        sold = await connection.fetch(
            "SELECT capacity - available AS sold, count(t.id) AS tickets FROM orders.ticket_types k "
            "LEFT JOIN orders.tickets t ON t.ticket_type_id = k.id GROUP BY k.id"
        )
        assert all(row["sold"] == row["tickets"] for row in sold)
        assert sum(row["tickets"] for row in sold) > 0
    finally:
        await connection.close()


async def buy_until(enough: asyncio.Event, http: aiohttp.ClientSession) -> list[Placed]:
    placed: list[Placed] = []
    while not enough.is_set() and len(placed) < AT_MOST:
        placed.append(await place(http, an_order("Kathleen Booth")))
    await enough.wait()
    # The copy was complete before this one.
    placed.append(await place(http, an_order("Joan Clarke")))
    return placed


async def until(http: aiohttp.ClientSession, orders: list[Placed], fulfilment: Json) -> None:
    for order in orders:

        async def as_wanted(order: Placed = order) -> bool:
            return bool((await status_of(http, order))["fulfilment"] == fulfilment)

        await eventually(as_wanted, SECONDS)


async def pdf_of(http: aiohttp.ClientSession, order: Placed) -> bytes:
    status = await status_of(http, order)
    async with http.get(status["links"]["tickets_pdf"], raise_for_status=True) as response:
        return await response.read()


async def mails_in(inbox: Inbox) -> Counter[tuple[str, str]]:
    """How often each mail came, by address and `Message-ID`."""
    found: Counter[tuple[str, str]] = Counter()
    for mail in await inbox.mails():
        found[(mail["To"][0]["Address"], mail["MessageID"])] += 1 + mail["Duplicates"]
    return found


def numbers_in(copy: Path) -> set[str]:
    """The orders in a backup."""
    manifest = json.loads((copy / "manifest.json").read_text())
    (orders,) = (table for table in manifest["tables"] if (table["schema"], table["name"]) == ("orders", "orders"))
    place = orders["columns"].index("number")
    lines = gzip.decompress((copy / orders["file"]).read_bytes()).decode().splitlines()
    assert len(lines) == orders["rows"]
    return {line.split("\t")[place] for line in lines}
