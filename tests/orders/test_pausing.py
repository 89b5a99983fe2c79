"""The flag `orders-paused`: an event's sales stop and go on, and a repeated order still learns its fate."""

from typing import Any

from services.orders.organising import NewTicketType
from shared.flags.rules import Rule, Setting
from tests.orders.builders import a_new_event, a_request
from tests.orders.conftest import Orders
from tests.orders.flagging import set_flag
from tests.servers.waiting import eventually

KEY = "a-key-of-sixteen-or-more"


async def set_paused(orders: Orders, setting: Setting | None) -> None:
    await set_flag(orders, "orders-paused", setting)


async def buy(orders: Orders, key: str | None = None, event: str = "summer-night") -> tuple[int, Any]:
    line = {"ticket_type": "general", "quantity": 1}
    headers = {"Idempotency-Key": key} if key else None
    status, answer, _ = await orders.ask("POST", "/v1/orders", headers, json=a_request(event, lines=[line]))
    return status, answer


async def test_a_paused_event_takes_no_orders_and_says_the_organisers_words(orders: Orders) -> None:
    await orders.on_sale(a_new_event("fair", NewTicketType("general", "General", 4500, "EUR", 100)))
    await set_paused(orders, Setting(True, (Rule(event="summer-night", message="We are back at noon."),)))

    async def paused() -> Any:
        status, answer = await buy(orders)
        return status == 409 and answer

    answer = await eventually(paused)
    assert answer["type"].endswith(":not-on-sale")
    assert answer["detail"] == "We are back at noon."
    assert (await buy(orders, event="fair"))[0] == 201, "others go on"
    await set_paused(orders, None)

    async def resumed() -> bool:
        return (await buy(orders))[0] == 201

    await eventually(resumed)


async def test_an_order_of_before_the_pause_is_still_answered_to_its_key(orders: Orders) -> None:
    status, first = await buy(orders, KEY)
    assert status == 201
    await set_paused(orders, Setting(True, (Rule(organiser="Lakeside Concerts"),)))

    async def paused() -> Any:
        status, answer = await buy(orders)
        return status == 409 and answer

    assert "Try again later" in (await eventually(paused))["detail"]
    assert await buy(orders, KEY) == (201, first)
    status, mismatch = await buy(orders, KEY, event=first["event"]["id"])
    assert (status, mismatch["type"].rpartition(":")[2]) == (422, "idempotency-mismatch")


async def test_a_refusal_of_the_pause_is_not_kept_for_its_key(orders: Orders) -> None:
    await set_paused(orders, Setting(True, (Rule(),)))

    async def paused() -> bool:
        return (await buy(orders))[0] == 409

    await eventually(paused)
    assert (await buy(orders, KEY))[0] == 409
    await set_paused(orders, None)

    async def resumed() -> bool:
        return (await buy(orders, KEY))[0] == 201

    await eventually(resumed)


async def test_the_events_page_has_the_organisers_words_in_place_of_the_form(orders: Orders) -> None:
    words = "Back <b>at noon</b>."
    await set_paused(orders, Setting(True, (Rule(event="summer-night", message=words),)))

    async def page(language: str) -> str:
        async with orders.client.get("/events/summer-night", headers={"Accept-Language": language}) as response:
            return await response.text()

    async def paused() -> bool:
        return "Sales are paused" in await page("en")

    await eventually(paused)
    for language in ("en", "de"):
        text = await page(language)
        assert "Back &lt;b&gt;at noon&lt;/b&gt;." in text
        assert "<form" not in text
    form = {"quantity.general": "1", "name": "Ada", "email": "ada@example.org", "key": "x" * 32}
    async with orders.client.post("/events/summer-night", data=form) as response:
        sent = await response.text()
    assert response.status in (409, 422)
    assert "Back &lt;b&gt;at noon&lt;/b&gt;." in sent
    await set_paused(orders, Setting(True, (Rule(locale="de"),)))

    async def only_german() -> bool:
        return "Der Verkauf ruht" in await page("de") and "<form" in await page("en")

    await eventually(only_german)
