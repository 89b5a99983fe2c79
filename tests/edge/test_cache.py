"""Signed-out visitors are the cache's, with the service well, slow, or dead."""

import asyncio
from collections import Counter

from aiohttp import web

from tests.edge.conftest import Client, StartVarnish
from tests.edge.visitors import PUBLIC, service, visit, visit_all
from tests.servers.waiting import eventually

PAGES = ["/", "/v1/events", *(f"/events/{n}" for n in range(9)), *(f"/v1/events/{n}" for n in range(9))]


async def page(request: web.Request) -> web.Response:
    return web.Response(text=f"what stands at {request.path}", headers=PUBLIC)


async def test_twenty_thousand_visitors_are_twenty_requests(
    varnish_before: StartVarnish, client: Client, free_port: int
) -> None:
    async with service(free_port, page) as behind:
        http = client((await varnish_before(free_port)).url)
        assert len(PAGES) == 20
        statuses = await visit_all(http, PAGES * 1000, visitors=64)
    assert statuses == {200: 20_000}
    assert behind.asked == Counter(PAGES)


async def test_what_may_not_be_kept_is_fetched_side_by_side(
    varnish_before: StartVarnish, client: Client, free_port: int
) -> None:
    together, all_here = 0, asyncio.Event()

    async def ones_own(request: web.Request) -> web.Response:
        nonlocal together
        together += 1
        if behind.asked["/events/x"] > 1:
            if together == 11:
                all_here.set()
            await all_here.wait()
        return web.Response(text="own", headers={"Cache-Control": "private, no-store"})

    async with service(free_port, ones_own) as behind:
        http = client((await varnish_before(free_port)).url)
        await visit(http, "/events/x")
        # Each of the ten is answered only when all ten are there.
        async with asyncio.timeout(20):
            seen = await asyncio.gather(*(visit(http, "/events/x") for _ in range(10)))
    assert {one.cache for one in seen} == {"miss"}


async def test_with_the_service_dead_the_pages_go_on(
    varnish_before: StartVarnish, client: Client, free_port: int
) -> None:
    async with service(free_port, page) as behind:
        # A minute is 0.6 s here, an hour 36 s.
        http = client((await varnish_before(free_port, time_scale=0.01)).url)
        assert {(await visit(http, path)).cache for path in PAGES} == {"miss"}
        await behind.stop()

        async def all_are_old() -> bool:
            seen = [await visit(http, path) for path in PAGES]
            assert [one.status for one in seen] == [200] * 20
            assert all(one.body == f"what stands at {path}" for one, path in zip(seen, PAGES, strict=True))
            return all(one.cache == "stale" for one in seen)

        await eventually(all_are_old)
        gone = await visit(http, "/events/never-read")
        assert (gone.status, gone.headers["Retry-After"]) == (503, "2")
        assert "Back in a moment" in gone.body
        problem = await visit(http, "/v1/events/never-read")
        assert problem.headers["Content-Type"] == "application/problem+json"

        await behind.start()

        async def is_new() -> bool:
            return (await visit(http, "/")).cache == "miss"

        await eventually(is_new)


async def test_a_service_that_says_it_is_not_ready_is_left_alone(
    varnish_before: StartVarnish, client: Client, free_port: int
) -> None:
    async with service(free_port, page) as behind:
        http = client((await varnish_before(free_port)).url)
        assert (await visit(http, "/")).status == 200
        behind.ready = False

        async def turned_away() -> bool:
            return (await visit(http, "/v1/orders/X")).status == 503

        await eventually(turned_away)
        asked = behind.asked.total()
        assert (await visit(http, "/v1/orders/X")).status == 503
        assert (await visit(http, "/")).cache == "hit"
        assert behind.asked.total() == asked


async def test_no_page_is_over_a_minute_old_while_the_service_is_well(
    varnish_before: StartVarnish, client: Client, free_port: int
) -> None:
    made: list[float] = []
    now = asyncio.get_running_loop().time

    async def stamped(request: web.Request) -> web.Response:
        made.append(now())
        return web.Response(text=str(made[-1]), headers=PUBLIC)

    async with service(free_port, stamped):
        http = client((await varnish_before(free_port, time_scale=0.01)).url)
        first = (await visit(http, "/")).body

        async def replaced() -> bool:
            asked = now()
            seen = await visit(http, "/")
            # 0.6 s, and what may pass between the service's clock and ours.
            assert asked - float(seen.body) < 0.6 + 0.1, seen
            return seen.body != first

        for _ in range(3):
            await eventually(replaced)
            first = (await visit(http, "/")).body
            await asyncio.sleep(1)
    assert len(made) >= 4
