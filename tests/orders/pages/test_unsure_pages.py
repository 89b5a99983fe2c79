"""Pages find out by themselves what became of what nobody could tell, without scripts."""

import asyncio
import json
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest

from services.orders.pages.wording.unsure import WORDS
from tests.orders.conftest import Orders
from tests.orders.pages.test_aftersales_pages import mailed, order, visit
from tests.orders.serving import put_on_sale
from tests.orders.test_aftersales import Json
from tests.orders.test_database_away import ORDERS_POOL, PLACES_ORDERS, counts, orders_at
from tests.orders.test_readiness import FULL
from tests.servers.line import Line
from tests.servers.programs import free_port as a_free_port
from tests.servers.waiting import eventually

__all__ = ["mailed", "order"]

EVENT = "/events/summer-night"
LOOK = f"{EVENT}/order"
# Whoever writes into this table loses its session at COMMIT.
LOSE = """
    CREATE OR REPLACE FUNCTION orders.lose() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER lose AFTER INSERT OR UPDATE ON orders.{table} DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION orders.lose();
"""


class Visitor:
    """A browser without scripts: its cookies, and the last page."""

    def __init__(self, client: aiohttp.ClientSession) -> None:
        self._client = client
        self._cookies: dict[str, tuple[str, str]] = {}
        self.page = ""

    async def go(self, path: str, form: list[tuple[str, str]] | None = None) -> tuple[int, str]:
        """Status, and where it leads."""
        sent = "; ".join(f"{name}={value}" for name, (value, under) in self._cookies.items() if path.startswith(under))
        headers = {"Accept": "text/html"} | ({"Cookie": sent} if sent else {})
        method = "GET" if form is None else "POST"
        async with self._client.request(method, path, headers=headers, data=form, allow_redirects=False) as response:
            self.page = await response.text()
            self._cookies |= {name: (kept.value, kept["path"]) for name, kept in response.cookies.items()}
            return response.status, response.headers.get("Location", "")

    @property
    def leads_to(self) -> str | None:
        found = re.search(r'<meta http-equiv="refresh" content="\d+; url=([^"]+)">', self.page)
        return found[1].replace("&amp;", "&") if found else None

    @property
    def key(self) -> str:
        found = re.search(r'name="key" value="([^"]*)"', self.page)
        assert found
        return found[1]


async def form_for(client: aiohttp.ClientSession, key: str) -> list[tuple[str, str]]:
    async with client.get("/v1/events/summer-night") as response:
        event = json.loads(await response.read())
    general = event["ticket_types"][0]["id"]
    return [("name", "Ada Lovelace"), ("email", "ada@example.org"), (f"quantity.{general}", "2"), ("key", key)]


def a_key() -> str:
    return secrets.token_urlsafe(24)


@asynccontextmanager
async def losing(pool: Any, table: str) -> AsyncIterator[None]:
    await pool.execute(LOSE.format(table=table))
    yield
    await pool.execute(f"DROP TRIGGER lose ON orders.{table}")


async def test_the_page_finds_out_by_itself_that_the_order_stands(
    migrated_url: str, free_port: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await put_on_sale(migrated_url, capacity=1000)
    async with (
        Line(migrated_url, a_free_port()) as line,
        orders_at(line.url, free_port, monkeypatch, tmp_path) as client,
    ):
        visitor, form = Visitor(client), await form_for(client, a_key())
        line.cut_after(b"COMMIT", ORDERS_POOL, PLACES_ORDERS)
        assert (await visitor.go(EVENT, form))[0] == 503
        assert WORDS["en"].looking[0] in visitor.page
        assert visitor.leads_to == LOOK
        assert (await visitor.go(LOOK))[0] == 503
        assert visitor.leads_to == LOOK, "the database is still away"
        await line.mend()

        async def found() -> str:
            status, address = await visitor.go(LOOK)
            return address if status == 303 else ""

        address = await eventually(found)
        assert (await visitor.go(address))[0] == 200
        assert "You’re going" in visitor.page
        assert await visitor.go(LOOK) == (303, EVENT), "it is known"
    assert await counts(migrated_url) == (1, 2)


async def test_the_page_finds_out_by_itself_that_nothing_was_ordered_and_has_the_form_to_go_on(
    orders: Orders, migrated_url: str
) -> None:
    visitor, form = Visitor(orders.client), await form_for(orders.client, a_key())
    async with losing(orders.pool, "orders"):
        assert (await visitor.go(f"{EVENT}?lang=de", form))[0] == 503
    assert WORDS["de"].looking[0] in visitor.page
    assert visitor.leads_to == f"{LOOK}?lang=de"
    assert (await visitor.go(LOOK))[0] == 200
    assert WORDS["en"].not_ordered[0] in visitor.page
    assert f'action="{EVENT}"' in visitor.page
    assert "ada@example.org" in visitor.page
    fresh = visitor.key
    assert fresh != dict(form)["key"]
    # The first form, sent once more from another tab, says the same.
    assert (await visitor.go(f"{EVENT}?lang=de", form))[0] == 200
    assert WORDS["de"].not_ordered[0] in visitor.page
    assert (await visitor.go(EVENT, [*form[:-1], ("key", fresh)]))[0] == 303
    assert (await counts(migrated_url))[0] == 1


@pytest.mark.parametrize("key", [a_key(), ""], ids=["with a key", "without scripts"])
async def test_a_form_whose_event_could_not_be_read_is_given_back(
    migrated_url: str, free_port: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, key: str
) -> None:
    await put_on_sale(migrated_url, capacity=1000)
    async with (
        Line(migrated_url, a_free_port()) as line,
        orders_at(line.url, free_port, monkeypatch, tmp_path) as client,
    ):
        visitor, form = Visitor(client), await form_for(client, key)
        async with client.get("/v1/events/summer-night") as response:
            # Under its slug it was just read, and is remembered.
            path = f"/events/{(await response.json())['id']}"
        await line.cut()
        assert (await visitor.go(path, form))[0] == 503
        assert WORDS["en"].looking[0] in visitor.page
        look = visitor.leads_to
        assert look == f"{path}/order"
        await line.mend()

        async def looked() -> bool:
            return (await visitor.go(look))[0] == 200

        await eventually(looked)
        assert WORDS["en"].not_ordered[0] in visitor.page
        assert "ada@example.org" in visitor.page
        assert (await visitor.go(path, [*form[:-1], ("key", visitor.key)]))[0] == 303
    assert (await counts(migrated_url))[0] == 1


async def test_an_order_that_is_not_taken_is_told_not_to_be_placed(orders: Orders, migrated_url: str) -> None:
    visitor, form = Visitor(orders.client), await form_for(orders.client, a_key())
    await orders.pool.execute(FULL)
    assert (await visitor.go(EVENT, form))[0] == 503
    assert WORDS["en"].not_taken[1] in visitor.page
    assert visitor.leads_to is None
    assert visitor.key == dict(form)["key"]
    assert (await counts(migrated_url))[0] == 0


async def test_an_address_that_looks_without_anything_to_look_for_leads_to_the_event(orders: Orders) -> None:
    assert await Visitor(orders.client).go(LOOK) == (303, EVENT)


@pytest.mark.parametrize("wish", ["cancel", "resend"])
async def test_what_was_asked_of_an_order_and_not_done_is_found_out(orders: Orders, mailed: Json, wish: str) -> None:
    async with losing(orders.pool, "orders"):
        status, page, _ = await visit(orders, mailed, "POST", f"/{wish}")
    assert (status, WORDS["en"].looking[0] in page) == (503, True)
    status, page, _ = await visit(orders, mailed, under=after(page, mailed))
    assert (status, WORDS["en"].not_done[0] in page) == (200, True)
    assert "Send the mail again" in page
    assert "Cancel the order" in page


@pytest.mark.parametrize("wish", ["cancel", "resend"])
async def test_what_was_asked_of_an_order_and_done_is_found_out(orders: Orders, mailed: Json, wish: str) -> None:
    async with losing(orders.pool, "orders"):
        _, page, _ = await visit(orders, mailed, "POST", f"/{wish}")
    # As if that had been committed, and only its confirmation lost.
    assert (await visit(orders, mailed, "POST", f"/{wish}"))[0] == 303
    status, _, headers = await visit(orders, mailed, under=after(page, mailed))
    assert (status, headers["Location"]) == (303, f"/orders/{mailed['confirmation_number']}")


def after(page: str, order: Json) -> str:
    found = re.search(r'http-equiv="refresh" content="\d+; url=/orders/[^/]+(/[^"]+)"', page)
    assert found
    return found[1].replace("&amp;", "&")


async def test_a_key_that_was_given_up_makes_no_order_of_a_session_that_is_still_at_work(
    orders: Orders, migrated_url: str
) -> None:
    """It has written everything, and commits only now: whoever looks waits for that, and finds its order."""
    key, visitor = a_key(), Visitor(orders.client)
    form = await form_for(orders.client, key)
    async with losing(orders.pool, "orders"):
        await visitor.go(EVENT, form)
    late = await asyncpg.connect(migrated_url, server_settings={"search_path": "orders"})
    try:
        slow = late.transaction()
        await slow.start()
        digest = await late.fetchval("SELECT sha256($1::bytea)", f"page {key}".encode())
        await late.execute(
            "INSERT INTO idempotency_keys (key, fingerprint, order_id, status, answer) VALUES ($1, $1, NULL, 409, $2)",
            digest,
            b'{"available": {}}',
        )
        looking = asyncio.create_task(visitor.go(LOOK))
        await eventually(lambda: somebody_waits(orders))
        await slow.commit()
        status, _ = await looking
    finally:
        await late.close()
    assert (status, WORDS["en"].not_ordered[1] in visitor.page) == (409, False)


async def somebody_waits(orders: Orders) -> bool:
    waiting = (
        "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database())"
    )
    return bool(await orders.pool.fetchval(waiting))
