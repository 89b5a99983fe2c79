"""kill -9 of any service while people buy: nothing is lost, nothing is sold twice, nobody gets two mails."""

import asyncio
import signal

import pytest

from tests.end_to_end.buying import an_order, place_all
from tests.end_to_end.conftest import Shop
from tests.end_to_end.following import all_sent, mails_received, sent_again
from tests.end_to_end.inbox import Json
from tests.end_to_end.installation import SERVICES, Service

ORDERS = 500
PLACES = 100_000
# What a killed mailer had handed over but not noted goes out again, under the same Message-ID: at most what
# it had in hand. The inbox, as mail servers do, keeps one.
IN_HAND = 20


@pytest.mark.parametrize("service", SERVICES)
async def test_a_killed_service_loses_and_doubles_nothing(shop: Shop, service: Service) -> None:
    event, before = await the_big_event(shop)
    orders = [an_order(*["Ada Lovelace"] * (1 + number % 2), **event) for number in range(ORDERS)]
    halfway = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        buying = group.create_task(place_all(shop.http, orders, halfway))
        await halfway.wait()
        killed = shop.installation.signal(service, signal.SIGKILL)
    placed = buying.result()
    assert len({order.number for order in placed}) == ORDERS
    await all_sent(shop, placed)
    assert shop.installation.pid(service) != killed
    assert set((await mails_received(shop, placed)).values()) == {1}
    assert await sent_again(shop, placed) <= (IN_HAND if service == "mailer" else 0)
    sold = sum(order["lines"][0]["quantity"] for order in orders)
    assert (await the_big_event(shop))[1] == before - sold


async def the_big_event(shop: Shop) -> tuple[dict[str, str], int]:
    """What to order for the event with a hundred thousand places, and how many of them are left."""
    async with shop.http.get("/v1/events?limit=100", raise_for_status=True) as response:
        events: list[Json] = (await response.json())["data"]
    found = [(event, kind) for event in events for kind in event["ticket_types"] if kind["capacity"] >= PLACES]
    event, kind = found[0]
    return {"event": event["slug"], "ticket_type": kind["slug"]}, kind["available"]
