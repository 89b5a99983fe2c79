"""Orders itself behind the cache: what is kept of it, and what is taken out when an organiser changes it."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import aiohttp
import pytest

from shared.flags.rules import Rule, Setting
from tests.edge.visitors import visit
from tests.orders.builders import a_request
from tests.orders.conftest import Orders, orders, pool  # noqa: F401
from tests.orders.flagging import set_flag
from tests.servers.varnish import start_varnish
from tests.servers.waiting import eventually

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Encoding": "gzip"}
KEPT = ["/", "/events/summer-night", "/v1/events", "/v1/events/summer-night", "/v1/events?limit=5", "/asyncapi.json"]


@pytest.fixture(autouse=True)
async def cached(free_port: int, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[aiohttp.ClientSession]:
    """A client of the cache in front of the port on which orders is going to listen."""
    async with AsyncExitStack() as parts:
        varnish = await start_varnish(free_port, parts)
        monkeypatch.setenv("PURGE_URLS", varnish.inside)
        session = aiohttp.ClientSession(varnish.url, cookie_jar=aiohttp.DummyCookieJar())
        yield await parts.enter_async_context(session)


@pytest.fixture
async def shop(orders: Orders, cached: aiohttp.ClientSession) -> Orders:  # noqa: F811
    """The service, once the cache has seen that it is well."""

    async def well() -> bool:
        return (await visit(cached, "/v1/orders/X")).status != 503

    await eventually(well)
    return orders


async def test_every_public_page_is_kept_and_is_the_same_without_the_cache(
    shop: Orders, cached: aiohttp.ClientSession
) -> None:
    front = (await visit(cached, "/", BROWSER)).body
    assets = re.findall(r'(?:href|src)="(/assets/[^"]+)"', front)
    assert assets
    for path in [*KEPT, *assets]:
        await visit(cached, path, BROWSER)
        kept, plain = await visit(cached, path, BROWSER), await visit(shop.client, path, BROWSER)
        assert (path, kept.status, kept.cache) == (path, 200, "hit")
        assert kept.body == plain.body
        told = {"Cache-Control", "ETag", "Content-Type", "Content-Encoding", "Content-Security-Policy", "Vary"}
        for name in told & set(plain.headers):
            assert kept.headers[name] == plain.headers[name], name
        assert "Surrogate-Key" not in kept.headers


async def test_each_language_has_its_own_page(shop: Orders, cached: aiohttp.ClientSession) -> None:
    for wanted, language in (("de-AT,en;q=0.5", "de"), ("ar", "ar"), ("nl", "en"), ("it-IT,it", "it"), ("de", "de")):
        seen = await visit(cached, "/events/summer-night", BROWSER | {"Accept-Language": wanted})
        assert f'<html lang="{language}"' in seen.body
    assert seen.cache == "hit"


async def test_what_is_not_there_is_told_as_a_page_or_as_a_problem(shop: Orders, cached: aiohttp.ClientSession) -> None:
    for _ in range(2):
        page = await visit(cached, "/events/no-such-event", BROWSER)
        problem = await visit(cached, "/events/no-such-event")
    assert (page.status, page.cache, page.headers["Content-Type"]) == (404, "hit", "text/html; charset=utf-8")
    assert (problem.status, problem.cache, problem.headers["Content-Type"]) == (404, "hit", "application/problem+json")


async def test_what_an_organiser_changes_is_seen_at_once(shop: Orders, cached: aiohttp.ClientSession) -> None:
    shown = ("/", "/events/summer-night", "/v1/events/summer-night", "/v1/events")
    for path in shown:
        await visit(cached, path)
        assert (await visit(cached, path)).cache == "hit"
    key = await shop.key()
    change = {"name": "Midsummer Night"}
    async with cached.get("/v1/events/summer-night", headers=key) as read:
        etag = read.headers["ETag"]
    async with cached.patch("/v1/events/summer-night", json=change, headers=key | {"If-Match": etag}) as changed:
        assert changed.status == 200, await changed.text()

    async def all_new() -> bool:
        return all(["Midsummer" in (await visit(cached, path)).body for path in shown])

    await eventually(all_new)


async def test_a_page_may_be_a_minute_behind_and_an_order_never_is(shop: Orders, cached: aiohttp.ClientSession) -> None:
    before = (await visit(cached, "/v1/events/summer-night")).body
    wish = a_request(lines=[{"ticket_type": "last-two", "quantity": 2}])
    async with cached.post("/v1/orders", json=wish) as response:
        assert (response.status, response.headers["X-Cache"]) == (201, "pass")
    after = await visit(cached, "/v1/events/summer-night")
    assert (after.body, after.cache) == (before, "hit")
    async with cached.post("/v1/orders", json=wish) as response:
        assert response.status == 409


async def test_a_flag_that_goes_by_who_asks_is_in_no_kept_page_and_in_every_order(
    shop: Orders, cached: aiohttp.ClientSession
) -> None:
    beta, path = {"X-Beta": "1"}, "/events/summer-night"
    wish = a_request(lines=[{"ticket_type": "general", "quantity": 1}])
    await set_flag(shop, "orders-paused", Setting(True, (Rule(header="x-beta: 1"),)))

    async def paused() -> bool:
        async with cached.post("/v1/orders", json=wish, headers=beta) as response:
            return response.status == 409

    await eventually(paused)
    async with cached.post("/v1/orders", json=wish) as response:
        assert response.status == 201
    first, then = await visit(cached, path, BROWSER | beta), await visit(cached, path, BROWSER)
    assert (first.cache, then.cache, first.body) == ("miss", "hit", then.body)
    assert "Sales are paused" not in then.body


async def test_a_request_id_and_a_trace_go_through(shop: Orders, cached: aiohttp.ClientSession) -> None:
    for path in ("/v1/events", "/v1/events", "/v1/orders/7K2MX-Q4P9D"):
        seen = await visit(cached, path, {"X-Request-Id": f"the-id-for-{len(path)}"})
        assert seen.headers["X-Request-Id"] == f"the-id-for-{len(path)}"
