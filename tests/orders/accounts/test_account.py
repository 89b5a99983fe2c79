"""What someone sees who has signed in: what is theirs, and nothing else."""

import re
from typing import Any

from services.orders import store
from shared.database import transaction
from tests.orders.accounts.conftest import Mails
from tests.orders.accounts.test_signing_in import NewBrowser, signed_in
from tests.orders.builders import a_new_event, a_request
from tests.orders.conftest import ORGANISER, Orders


async def buy(orders: Orders, email: str) -> str:
    wish = a_request(buyer={"name": "<b>Ada</b>", "email": email}, lines=[{"ticket_type": "general", "quantity": 2}])
    status, answer, _ = await orders.ask("POST", "/v1/orders", json=wish)
    assert status == 201
    number: str = answer["confirmation_number"]
    return number


async def test_a_buyer_sees_the_orders_of_the_address_and_no_others(
    orders: Orders, a_browser: NewBrowser, mails: Mails
) -> None:
    own = [await buy(orders, "ada@example.org"), await buy(orders, "Ada@example.org")]
    others = await buy(orders, "eve@example.org")
    ada = await signed_in(a_browser(), mails)
    page = await ada.get("/account")
    assert re.findall(r'href="/account/orders/([^"]+)"', page.text) == own[::-1], "newest first"
    assert others not in page.text
    assert "Tickets: 2" in page.text


async def test_an_order_of_ones_own_opens_and_anothers_is_not_there(
    orders: Orders, a_browser: NewBrowser, mails: Mails
) -> None:
    own, others = await buy(orders, "ada@example.org"), await buy(orders, "eve@example.org")
    ada = await signed_in(a_browser(), mails)
    opened = await ada.get(f"/account/orders/{own}")
    assert (opened.status, opened.headers["Location"]) == (303, f"/orders/{own}")
    assert own in (await ada.get(f"/orders/{own}")).text
    assert (await ada.get(f"/orders/{others}")).status == 404
    unknown = [await ada.get(f"/account/orders/{number}") for number in (others, "7K2MX-Q4P9D", "x")]
    assert {page.status for page in unknown} == {404}
    assert len({page.text.replace(others, "").replace("7K2MX-Q4P9D", "") for page in unknown[:2]}) == 1


async def test_many_orders_come_page_by_page(orders: Orders, a_browser: NewBrowser, mails: Mails) -> None:
    numbers = [await buy(orders, "ada@example.org") for _ in range(23)]
    ada = await signed_in(a_browser(), mails)
    first = await ada.get("/account")
    older = re.search(r'href="(/account\?before=[^"]+)"', first.text)
    assert older
    second = await ada.get(older[1])
    listed = [number for page in (first, second) for number in re.findall(r"/account/orders/([^\"]+)\"", page.text)]
    assert listed == numbers[::-1]
    assert (await ada.get("/account?before=nonsense")).status == 200


async def test_a_member_sees_the_organisers_events_unpublished_ones_too(
    orders: Orders, a_browser: NewBrowser, mails: Mails
) -> None:
    await orders.on_sale(a_new_event("fair"))
    await orders.pool.execute("UPDATE events SET name = 'The <i>fair</i>', published_at = NULL WHERE slug = 'fair'")
    await buy(orders, "eve@example.org")

    async def member(held: Any) -> None:
        organiser = await store.organiser_named(held, ORGANISER)
        assert organiser
        await store.add_member(held, organiser, "grace@example.org")

    async with transaction(orders.pool) as held:
        await member(held)
    grace, ada = await signed_in(a_browser(), mails, "Grace@example.org"), await signed_in(a_browser(), mails)
    page = await grace.get("/account")
    assert "The &lt;i&gt;fair&lt;/i&gt;" in page.text
    assert "not published" in page.text
    assert 'href="/events/summer-night"' in page.text
    assert "2 of 112 sold" in page.text
    assert "sold" not in (await ada.get("/account")).text
