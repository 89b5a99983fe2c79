"""What every page has: its language, its headers, assets to keep for ever, and kind words when something is wrong."""

import asyncio
import gzip
import re

import aiohttp
import pytest

from services.orders.pages.readers import Reader, accepted_language
from tests.orders.builders import a_new_event, a_request
from tests.orders.conftest import Orders

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
INLINE_OR_ELSEWHERE = r"<style|<script(?![^>]*src)| style=| on[a-z]+=|javascript:|(src|href)=\"(https?:)?//"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("tlh, fr-CA;q=0.7, en;q=0.5", "fr"),
        ("en;q=0.1, ja;q=0.9", "ja"),
        ("de;q=0, en", "en"),
        ("", "en"),
        ("*", "en"),
        (";;;,q=1,de;q=x", "en"),
    ],
)
def test_a_browsers_languages_are_weighed(header: str, language: str) -> None:
    assert accepted_language(header) == language


def test_a_language_that_was_chosen_stays_in_the_links() -> None:
    assert Reader("de").link("/", cursor="x y") == "/?cursor=x+y"
    assert Reader("de", chosen=True).link("/") == "/?lang=de"


async def test_pages_speak_the_readers_language(orders: Orders) -> None:
    for headers, query, language, direction in (
        ({"Accept-Language": "de-CH, en;q=0.5"}, "", "de", "ltr"),
        ({"Accept-Language": "de"}, "?lang=ar", "ar", "rtl"),
        ({"Accept-Language": "de"}, "?lang=<script>", "de", "ltr"),
    ):
        async with orders.client.get(f"/{query}", headers=headers) as response:
            page = await response.text()
        assert response.status == 200
        assert f'<html lang="{language}" dir="{direction}">' in page
        assert response.headers["Vary"] == "Authorization, Cookie, Accept-Language, Accept-Encoding"
        assert ('href="/events/summer-night?lang=ar"' in page) == (language == "ar")


async def test_pages_are_public_for_a_minute_and_validated(orders: Orders) -> None:
    for path, key in (("/", "events"), ("/events/summer-night", "event-")):
        async with orders.client.get(path) as first:
            await first.read()
        assert first.headers["Cache-Control"] == "public, max-age=60"
        assert first.headers["Surrogate-Key"].startswith(key)
        assert "Set-Cookie" not in first.headers
        async with orders.client.get(path, headers={"If-None-Match": first.headers["ETag"]}) as again:
            assert (again.status, again.headers["ETag"]) == (304, first.headers["ETag"])
        async with orders.client.get(path, headers={"Accept-Encoding": "identity"}) as plain:
            assert plain.headers["ETag"] != first.headers["ETag"]


async def test_pages_may_run_nothing_that_is_not_ours(orders: Orders) -> None:
    for path in ("/", "/events/summer-night", "/no-such-page"):
        async with orders.client.get(path, headers=BROWSER) as response:
            page = await response.text()
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "same-origin"
        assert "Server" not in response.headers
        assert not re.search(INLINE_OR_ELSEWHERE, page)


async def test_assets_are_kept_for_ever_at_the_address_of_their_content(orders: Orders) -> None:
    async with orders.client.get("/") as response:
        addresses = re.findall(r'(?:src|href)="(/assets/[^"]+)"', await response.text())
    assert addresses
    for address in addresses:
        async with orders.client.get(address) as asset:
            content = await asset.read()
        assert (asset.status, asset.headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable")
        other = re.sub(r"\.[0-9a-f]{12}\.", ".000000000000.", address)
        async with orders.client.get(other) as asset:
            assert (await asset.read(), asset.headers["Cache-Control"]) == (content, "public, max-age=60")
    for path in ("/assets/none.css", "/assets/..%2fsite.py", "/assets/page.py", "/assets/.css"):
        async with orders.client.get(path) as asset:
            assert asset.status == 404


async def test_a_page_with_all_it_loads_is_at_most_50_kilobytes_as_sent(orders: Orders) -> None:
    for place in range(20):
        await orders.on_sale(a_new_event(f"one-of-twenty-{place}"))
    _, order, _ = await orders.ask("POST", "/v1/orders", json=a_request())
    number, cookie = order["confirmation_number"], f"boxoffice_order={order['access_token']}"
    sizes = {}
    for path in (
        "/",
        "/events/summer-night",
        "/events/summer-night?lang=ar",
        f"/orders/{number}",
        "/sign-in",
        "/no-such",
    ):
        page, size = await as_sent(orders, path, Cookie=cookie)
        loaded = set(re.findall(r'(?:src|href)="(/assets/[^"]+)"', page))
        assert loaded
        sizes[path] = size + sum([(await as_sent(orders, address))[1] for address in loaded])
    assert max(sizes.values()) <= 50 * 1024, sizes


async def as_sent(orders: Orders, path: str, **headers: str) -> tuple[str, int]:
    """What a browser reads, and how many bytes of it travel."""
    asked = BROWSER | {"Accept-Encoding": "gzip"} | headers
    async with (
        aiohttp.ClientSession(orders.base, auto_decompress=False) as http,
        http.get(path, headers=asked) as response,
    ):
        body = await response.read()
        packed = response.headers.get("Content-Encoding") == "gzip"
        return (gzip.decompress(body) if packed else body).decode(), len(body)


async def test_who_browses_reads_a_page_and_a_program_a_problem(orders: Orders) -> None:
    for path, method, status in (("/no-such", "GET", 404), ("/events/none", "GET", 404), ("/?limit=x", "GET", 422)):
        async with orders.client.request(method, path, headers=BROWSER) as response:
            assert (response.status, response.content_type) == (status, "text/html")
            assert response.headers["Cache-Control"] in ("private, no-store", "public, max-age=5")
            assert '<main id="content"' in await response.text()
        async with orders.client.request(method, path) as response:
            assert (response.status, response.content_type) == (status, "application/problem+json")
    async with orders.client.get("/v1/no-such", headers=BROWSER) as response:
        assert response.content_type == "application/problem+json"


async def test_one_reading_serves_all_who_come_at_once(orders: Orders) -> None:
    async def etag() -> str:
        async with orders.client.get("/events/summer-night") as response:
            return response.headers["ETag"]

    assert len(set(await asyncio.gather(*[etag() for _ in range(30)]))) == 1
