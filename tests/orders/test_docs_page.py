"""`/docs` in a browser: it shows the document, asks nobody but us, and breaks no rule of its own policy."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.orders.conftest import Orders


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_the_document_is_shown_without_another_host_or_an_inline_script(
    orders: Orders, free_port: int, browser: Browser, scheme: str
) -> None:
    base = f"http://127.0.0.1:{free_port}/"
    page = await browser.new_page(color_scheme="dark" if scheme == "dark" else "light")
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    try:
        await page.goto(f"{base}docs")
        operations = page.locator(".opblock")
        await expect(operations).to_have_count(len(list(orders.description.operations())))
        await page.locator("#operations-Buyers-place_order .opblock-summary").click()
        await expect(page.locator("#operations-Buyers-place_order")).to_contain_text("sold-out")
        assert ("dark-mode" in (await page.locator("html").get_attribute("class") or "")) == (scheme == "dark")
    finally:
        await page.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith((base, "data:"))] == []


async def test_an_order_can_be_placed_from_the_page(orders: Orders, free_port: int, browser: Browser) -> None:
    page = await browser.new_page()
    try:
        await page.goto(f"http://127.0.0.1:{free_port}/docs#/Buyers/place_order")
        form = page.locator("#operations-Buyers-place_order")
        await form.get_by_role("button", name="Try it out").click()
        body = form.locator("textarea.body-param__text")
        await body.fill((await body.input_value()).replace("europython-2027", "summer-night"))
        await form.get_by_role("button", name="Execute").click()
        await expect(form.locator(".live-responses-table .response .response-col_status")).to_have_text(
            re.compile("201")
        )
    finally:
        await page.close()
    assert await orders.pool.fetchval("SELECT count(*) FROM orders") == 1


async def test_what_the_page_loads_is_kept_for_ever_and_small_on_the_way(orders: Orders) -> None:
    async with orders.client.get("/docs") as response:
        page = await response.text()
        assert "unsafe" not in response.headers["Content-Security-Policy"]
    loaded = re.findall(r'(?:src|href)="(/docs/[^"]+)"', page)
    assert len(loaded) == 4
    for address in loaded:
        async with orders.client.get(address, headers={"Accept-Encoding": "gzip"}) as response:
            assert "immutable" in response.headers["Cache-Control"]
            assert int(response.headers["Content-Length"]) < 500_000
            assert len(await response.read()) > 100
