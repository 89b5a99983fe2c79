"""Requests as no client would send them, byte for byte."""

import asyncio
from urllib.parse import urlsplit

from structlog.testing import capture_logs

from tests.orders.conftest import Orders
from tests.servers.waiting import eventually
from tests.shared.test_http_server import Raw, ask

SPLIT = "%0d%0aSet-Cookie:%20planted=1"


async def asked(orders: Orders, line: str) -> Raw:
    port = urlsplit(orders.base).port or 0
    head = f"{line} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    return await ask(port, head.encode())


async def test_an_end_of_line_in_a_path_is_a_problem_like_any_other(orders: Orders) -> None:
    for under in ("/v1", "/v1/events", "/events", "/nothing"):
        answer = await asked(orders, f"GET {under}/{SPLIT}")
        assert answer.status == 404
        assert answer.problem["instance"] == f"{under}/{SPLIT}"
        assert "set-cookie" not in answer.headers


async def test_an_end_of_line_in_a_path_that_leads_elsewhere_stays_one_address(orders: Orders) -> None:
    answer = await asked(orders, f"GET /orders/{SPLIT}/resend")
    assert answer.status == 303
    assert "\n" not in answer.headers["location"]
    assert "set-cookie" not in answer.headers


ODD = {
    "CONNECT example.org:443": 404,
    "CONNECT /": 404,
    "TRACE /": 405,
    "TRACE /v1/orders": 405,
    "OPTIONS *": 404,
    "GET /%zz%f": 404,
    "GET /%00": 404,
    "GET /%ff%fe": 404,
    "GET //evil.example/x": 404,
    "GET /v1/events?limit=%ff": 422,
}


async def test_odd_methods_and_addresses_are_problems(orders: Orders) -> None:
    for line, status in ODD.items():
        answer = await asked(orders, line)
        assert (line, answer.status, answer.problem["status"]) == (line, status, status)
        assert "server" not in answer.headers


BEGUN = {
    "/v1/orders": "application/json",
    "/events/summer-night": "application/x-www-form-urlencoded",
}


async def test_a_client_that_goes_away_amid_its_body_is_no_mistake_of_ours(orders: Orders) -> None:
    with capture_logs() as told:
        for path, kind in BEGUN.items():
            await begin_and_go(urlsplit(orders.base).port or 0, path, kind)

            async def over() -> bool:
                return not [task for task in asyncio.all_tasks() if "RequestHandler" in repr(task.get_coro())]

            await eventually(over)
    assert [line for line in told if line["event"] == "http.failed"] == []


async def begin_and_go(port: int, path: str, kind: str) -> None:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {kind}\r\nContent-Length: 999\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{head}Expect: 100-continue\r\n\r\n".encode())
    # Told when the handler is about to read: from then on it waits for the body.
    await reader.readuntil(b"100 Continue\r\n\r\n")
    writer.write(b"{")
    writer.transport.abort()
