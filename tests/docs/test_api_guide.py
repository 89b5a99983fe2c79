"""The guide to the API is run as it stands: its commands in a shell, its JavaScript in a browser of another origin."""

import asyncio
import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from shared.messages import EmailSent
from shared.object_store import open_store
from shared.openapi.problem_kinds import KINDS
from tests.orders.builders import a_request
from tests.orders.conftest import Orders, description, orders, pool
from tests.orders.test_api import issued
from tests.servers.choosing import NotHere
from tests.servers.programs import find_program, install_package

__all__ = ["description", "orders", "pool"]

GUIDE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
# A page of someone's own, which the browser is given without a server.
# Not our origin. It may ask local addresses, which browsers forbid to pages from elsewhere: the service stands on one.
SHOP = "http://localhost:9"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.+?)^```", GUIDE, re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
async def curl() -> None:
    try:
        find_program("curl")
    except NotHere:
        await install_package("curl")


async def run(commands: str, folder: Path, **variables: str) -> str:
    """What a shell prints; the first command that fails ends it."""
    process = await asyncio.create_subprocess_exec(
        *("sh", "-ec", commands),
        env=os.environ | variables,
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0, printed.decode()
    return printed.decode()


async def tickets_made(orders: Orders, number: str) -> None:
    """What the tickets service and the mailer would do."""
    await open_store((orders.data / "store").as_uri()).put("tickets/x.pdf", b"PDF")
    await orders.report(issued(number))
    await orders.report(EmailSent(number=number, template="tickets", recipient="ada@example.org"))


@pytest.mark.usefixtures("curl")
async def test_the_commands_do_as_the_guide_says(orders: Orders, tmp_path: Path) -> None:
    browse, buy, read, after = blocks("sh")
    known = {"BOXOFFICE": orders.base, "EVENT": "summer-night"}
    assert '"slug":"summer-night"' in await run(browse, tmp_path, **known)
    await run(buy, tmp_path, **known)
    order = json.loads((tmp_path / "order.json").read_text())
    assert order["status"] == "confirmed"
    await tickets_made(orders, order["confirmation_number"])
    async with orders.client.get(order["links"]["progress"]) as stream:
        await stream.read()
    printed = await run(read + after, tmp_path, **known)
    assert '"tickets":"issued"' in printed
    assert "\n200\n" in printed.replace("}200", "}\n200")
    assert (tmp_path / "tickets.pdf").read_bytes() == b"PDF"
    status, now, _ = await orders.ask(
        "GET", f"/v1/orders/{order['confirmation_number']}", {"Authorization": f"Bearer {order['access_token']}"}
    )
    assert (status, now["status"]) == (200, "cancelled")


@asynccontextmanager
async def shop(browser: Browser) -> AsyncIterator[Page]:
    """A page of another origin than the API's."""
    page = await browser.new_page(permissions=["local-network-access"])
    page.on("console", lambda message: print("console:", message.text))
    await page.route(f"{SHOP}/**", lambda route: route.fulfill(body="<!doctype html>", content_type="text/html"))
    try:
        await page.goto(f"{SHOP}/")
        yield page
    finally:
        await page.close()


async def test_the_javascript_sells_from_a_page_of_another_origin(orders: Orders, browser: Browser) -> None:
    follow, place = blocks("js")
    async with shop(browser) as page:
        known = f"const boxoffice = {json.dumps(orders.base)}, wish = {json.dumps(a_request())}"
        keyed = f'{known}, key = "a-key-of-16-chars-or-more"'
        shown = "window.shown = []; const show = (what) => window.shown.push(what);"
        again = "window.placed = order; progress.onerror = () => { window.state = progress.readyState; };"
        await page.evaluate(f"(async () => {{ {keyed}; {shown} {place} {follow} {again} }})()")
        number = await page.evaluate("window.placed.confirmation_number")
        await tickets_made(orders, number)
        # Closed for good by the browser itself, since it was told that nothing more comes.
        await page.wait_for_function("window.shown.length == 2 && window.state === EventSource.CLOSED")
        assert set(await page.evaluate("window.shown")) == {
            await page.evaluate("window.placed.links.tickets_pdf"),
            "Your tickets are in the mail.",
        }
        refused = "return place().catch((problem) => problem.errors);"
        refusal = await page.evaluate(
            f"(async () => {{ {keyed.replace('general', 'nope')}; {place} {refused} }})()",
        )
        assert refusal[0]["pointer"] == "/lines/0/ticket_type"


def test_the_guide_lists_every_kind_of_problem_with_its_status() -> None:
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", GUIDE, re.MULTILINE)
    told = {slug: kind.status for slug, kind in KINDS.items() if slug != "bad-request"}
    assert {slug: int(status) for slug, status in rows} == told
