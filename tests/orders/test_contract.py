"""The documents other teams build against, over HTTP."""

from shared import asyncapi
from tests.orders.conftest import Orders


async def test_the_messages_are_described_for_anyone_and_may_be_kept(orders: Orders) -> None:
    async with orders.client.get("/asyncapi.json") as response:
        assert response.status == 200
        assert response.content_type == "application/json"
        assert response.headers["Cache-Control"] == "public, max-age=3600"
        assert await response.json() == asyncapi.document()
        known = {"If-None-Match": response.headers["ETag"]}
    async with orders.client.get("/asyncapi.json", headers=known) as response:
        assert response.status == 304
        assert await response.read() == b""
