"""The service's own word on what a cache may keep."""

import pytest

from tests.orders.conftest import Orders

SIGNED = [
    {"Authorization": "Bearer x"},
    {"Cookie": "__Host-boxoffice_session=x"},
    {"Cookie": "theme=dark; boxoffice_order=x"},
]


async def test_what_anyone_may_see_is_public_for_a_minute_under_its_keys(orders: Orders) -> None:
    async with orders.client.get("/v1/events/summer-night") as response:
        event = await response.json()
        assert response.headers["Cache-Control"] == "public, max-age=60"
        assert response.headers["Surrogate-Key"] == f"event-{event['id']}"
        assert response.headers["Vary"] == "Authorization, Cookie"
        etag = response.headers["ETag"]
    async with orders.client.get("/v1/events/summer-night", headers={"If-None-Match": etag}) as response:
        assert response.status == 304
        assert response.headers["Surrogate-Key"] == f"event-{event['id']}"
    async with orders.client.get("/v1/events") as response:
        assert response.headers["Surrogate-Key"] == "events"


@pytest.mark.parametrize("signed", SIGNED, ids=str)
@pytest.mark.parametrize("path", ["/v1/events", "/v1/events/summer-night", "/v1/events/no-such-event"])
async def test_what_is_answered_to_someone_known_is_theirs_alone(
    orders: Orders, path: str, signed: dict[str, str]
) -> None:
    async with orders.client.get(path, headers=signed) as response:
        assert response.headers["Cache-Control"] == "private, no-cache"
        assert "Surrogate-Key" not in response.headers


async def test_what_is_not_there_is_asked_again_soon(orders: Orders) -> None:
    async with orders.client.get("/v1/events/no-such-event") as response:
        assert response.status == 404
        assert response.headers["Cache-Control"] == "public, max-age=5"


async def test_other_cookies_make_nobody_known(orders: Orders) -> None:
    async with orders.client.get("/v1/events", headers={"Cookie": "theme=dark; my_boxoffice_=x"}) as response:
        assert response.headers["Cache-Control"] == "public, max-age=60"


async def test_orders_are_kept_by_nobody(orders: Orders) -> None:
    async with orders.client.get("/v1/orders/7K2MX-Q4P9D") as response:
        assert response.headers["Cache-Control"] == "no-store"
