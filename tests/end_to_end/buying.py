"""A buyer: orders over HTTP, and orders again with the same key when the answer did not come."""

import asyncio
import secrets
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp

from tests.servers.waiting import eventually

Json = dict[str, Any]
# Longer than any restart takes: what is lost to a buyer is lost after this.
PATIENCE_SECONDS = 60.0
UNDER_WAY = 16


@dataclass(frozen=True, slots=True)
class Placed:
    """An order that was answered with 201."""

    number: str
    token: str
    email: str
    answer: Json
    location: str


def an_order(
    *names: str, event: str = "europython-2027", ticket_type: str = "general", email: str | None = None
) -> Json:
    """One ticket for each name, bought by the first, at an address of their own."""
    return {
        "event": event,
        "buyer": {"name": names[0], "email": email or an_address()},
        "locale": "en",
        "lines": [
            {"ticket_type": ticket_type, "quantity": len(names), "attendees": [{"name": name} for name in names]}
        ],
    }


def an_address() -> str:
    return f"buyer-{secrets.token_hex(8)}@example.org"


class Refused(Exception):
    """Answered with something else than 201."""


class Busy(Refused):
    """Refused for the moment: nothing is wrong with the order."""


async def place(http: aiohttp.ClientSession, order: Json, key: str | None = None) -> Placed:
    """One POST. Raises `Refused` with the answer."""
    headers = {"Idempotency-Key": key} if key else {}
    async with http.post("/v1/orders", json=order, headers=headers) as response:
        answer = await response.json(content_type=None)
        if response.status != 201:
            busy = response.status == 503 or answer["type"].endswith("idempotency-conflict")
            raise (Busy if busy else Refused)(f"{response.status}: {answer}")
        return Placed(
            number=answer["confirmation_number"],
            token=answer["access_token"],
            email=order["buyer"]["email"],
            answer=answer,
            location=response.headers["Location"],
        )


async def place_surely(http: aiohttp.ClientSession, order: Json) -> Placed:
    """POST until it is a 201, always with the same key: servers come and go meanwhile."""
    attempt = partial(place, http, order, secrets.token_hex(16))
    return await eventually(attempt, PATIENCE_SECONDS, ignoring=(aiohttp.ClientError, OSError, Busy))


async def place_all(http: aiohttp.ClientSession, orders: list[Json], halfway: asyncio.Event) -> list[Placed]:
    """Place them a few at a time; sets `halfway` when half of them stand."""
    slots = asyncio.Semaphore(UNDER_WAY)
    placed: list[Placed] = []

    async def one(order: Json) -> None:
        async with slots:
            placed.append(await place_surely(http, order))
        if len(placed) >= len(orders) // 2:
            halfway.set()

    async with asyncio.TaskGroup() as group:
        for order in orders:
            group.create_task(one(order))
    return placed


async def status_of(http: aiohttp.ClientSession, order: Placed) -> Json:
    """The order as its buyer sees it now."""
    headers = {"Authorization": f"Bearer {order.token}"}
    async with http.get(f"/v1/orders/{order.number}", headers=headers, raise_for_status=True) as response:
        answer: Json = await response.json()
        return answer
