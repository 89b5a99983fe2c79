"""Nobody is given what another's request had a part in: the promise of the cache, over any mix of requests.

The service behind is as careless as can be: it calls everything public and writes back all that it was told.
Every request carries a mark of its own in all it says, and may find no other in what it is answered.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from itertools import count

import aiohttp
import pytest
from aiohttp import web
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from multidict import CIMultiDict
from yarl import URL

from tests.edge.visitors import service
from tests.servers.programs import free_port
from tests.servers.varnish import start_varnish

# What any browser sends and no answer of ours depends on.
UNREMARKABLE = {"accept", "accept-encoding", "user-agent", "content-type"}
MARK = re.compile(r"mark\d+")
marks = count(1)

SIGNED = st.sampled_from(
    [
        ("Authorization", "Bearer {}"),
        ("authorization", "{}"),
        ("Cookie", "__Host-boxoffice_session={}"),
        ("Cookie", "theme=dark;__Host-boxoffice_session={}"),
        ("Cookie", 'a="b; __Host-boxoffice_session={}"'),
        ("Cookie", "a=b,\t__Host-boxoffice_session={}; c=d"),
        ("Cookie", "boxoffice_order={}"),
        ("Cookie", "__HOST-BOXOFFICE_SESSION={}"),
        ("Cookie", "__Host-boxoffice_session=; __Host-boxoffice_session={}"),
    ]
)
# What an application might believe, and a cache has no part of in its key.
CLAIMS = [
    *("X-Forwarded-Host", "X-Forwarded-Server", "X-Forwarded-Scheme", "X-Forwarded-Port", "X-Forwarded-Prefix"),
    *("X-Forwarded-Proto", "X-Forwarded-Path", "X-Forwarded-Ssl", "Forwarded", "X-Host", "X-Original-URL"),
    *("X-Original-Host", "X-Rewrite-URL", "X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"),
    *("Front-End-Https", "Surrogate-Capability", "Proxy", "Accept-Language", "X-Edge-Public", "X-Edge-Try"),
    *("X-Edge-Cache", "If-None-Match", "If-Match", "If-Modified-Since", "Cache-Control", "Pragma"),
]
COOKIES = st.sampled_from(
    ["theme={}", "x__Host-boxoffice_session={}", "boxofficesession={}", "a=b; _ga={}", "={}", ";{}"]
)
# `$` is the same for the visits of one example, and new to the cache.
PAGES = st.sampled_from(["/events/x$", "/v1/events/x$", "/v1/events?limit=$", "/?a=$", "/assets/app.$.css"])
OTHERS = [
    *("/orders/$", "/orders/$.css", "/v1/orders/$", "/v1/orders/$/tickets.pdf?sig=x", "/events/$/../../orders/a"),
    *(
        "//events/x$",
        "/events//x$",
        "/events/x$/",
        "/events/x$%2fa",
        "/%65vents/x$",
        "/events/x$;a",
        "/events/x$%00",
    ),
    *("/assets/../orders/$", "/assets/%2e%2e/orders/$", "/events/x$/a.css", "/v1/events/x$/orders", "/EVENTS/x$"),
]
TRACKED = st.sampled_from(["", "", "", "utm_source={}", "fbclid={}", "b=1&gclid={}&a=2", "a=2&b=1", "q={}"])


@dataclass(frozen=True, slots=True)
class Visit:
    """One request to an example's page; `{}` stands for its mark."""

    query: str
    method: str
    signed: tuple[str, str] | None
    cookies: list[str]
    claims: list[str]
    body: bool

    def headers(self, mark: str) -> CIMultiDict[str]:
        said = [("Cookie", cookie.format(mark)) for cookie in self.cookies]
        said += [(claim, mark) for claim in self.claims]
        if self.signed:
            said.append((self.signed[0], self.signed[1].format(mark)))
        return CIMultiDict(said)


VISITS = st.lists(
    st.builds(
        Visit,
        query=TRACKED,
        method=st.sampled_from(["GET"] * 9 + ["HEAD", "POST", "PATCH", "OPTIONS"]),
        signed=st.none() | st.none() | SIGNED,
        cookies=st.lists(COOKIES, max_size=2),
        claims=st.lists(st.sampled_from(CLAIMS), max_size=12, unique=True),
        body=st.sampled_from([False] * 9 + [True]),
    ),
    min_size=3,
    max_size=6,
)


async def careless(request: web.Request) -> web.Response:
    said = [f"{name}: {value}" for name, value in request.headers.items() if name.lower() not in UNREMARKABLE]
    heard = "\n".join([request.method, request.raw_path, *said, (await request.read()).decode()])
    return web.Response(text=heard, headers={"Cache-Control": "public, max-age=60", "ETag": '"careless"'})


@pytest.fixture(scope="module")
async def cached() -> AsyncIterator[aiohttp.ClientSession]:
    async with AsyncExitStack() as parts:
        port = free_port()
        await parts.enter_async_context(service(port, careless))
        varnish = await start_varnish(port, parts)
        jar = aiohttp.DummyCookieJar()
        yield await parts.enter_async_context(aiohttp.ClientSession(varnish.url, cookie_jar=jar))


@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(page=PAGES | PAGES | st.sampled_from(OTHERS), visits=VISITS)
async def test_no_answer_tells_of_anyone_else(cached: aiohttp.ClientSession, page: str, visits: list[Visit]) -> None:
    address = page.replace("$", str(next(marks)))
    for visit in visits:
        mark = f"mark{next(marks)}"
        status, told, cache = await ask(cached, address, visit, mark)
        assert set(MARK.findall(told)) <= {mark}
        if visit.signed and status == 200:
            assert cache == "pass"
            assert mark in told or visit.method == "HEAD"
        if visit.method not in ("GET", "HEAD"):
            assert cache == "pass"


@pytest.mark.parametrize("claim", CLAIMS)
async def test_what_a_stranger_claims_shapes_no_answer(cached: aiohttp.ClientSession, claim: str) -> None:
    address = f"/events/x{next(marks)}"
    claiming = Visit("", "GET", None, [], [claim], body=False)
    plain = Visit("", "GET", None, [], [], body=False)
    assert "mark" not in (await ask(cached, address, claiming, "mark0"))[1]
    assert (await ask(cached, address, plain, "mark1"))[2] == "hit"


@pytest.mark.parametrize("address", OTHERS)
async def test_no_address_but_a_plain_one_is_kept(cached: aiohttp.ClientSession, address: str) -> None:
    address = address.replace("$", str(next(marks)))
    for mark in ("mark0", "mark1"):
        _, told, cache = await ask(cached, address, Visit("", "GET", None, ["theme={}"], [], body=False), mark)
        assert cache in ("pass", "")
        assert set(MARK.findall(told)) <= {mark}


async def ask(http: aiohttp.ClientSession, address: str, visit: Visit, mark: str) -> tuple[int, str, str]:
    """The status, everything that the answer says, and whether it was the cache's."""
    query = ("&" if "?" in address else "?") + visit.query.format(mark) if visit.query else ""
    url = URL(str(http._base_url).rstrip("/") + address + query, encoded=True)
    body = mark.encode() if visit.body else None
    async with (
        asyncio.timeout(20),
        http.request(visit.method, url, headers=visit.headers(mark), data=body, allow_redirects=False) as response,
    ):
        told = "\n".join([await response.text(), *response.headers.values()])
        return response.status, told, response.headers.get("X-Cache", "")
