"""One POST, and a moment later the tickets are in the inbox."""

import re

from tests.end_to_end.buying import an_order, place, status_of
from tests.end_to_end.conftest import Shop
from tests.end_to_end.inbox import Json
from tests.end_to_end.pdfs import pages_of

NAMES = ("Ada Lovelace", "Charles Babbage")
CROCKFORD = r"[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}"


async def test_the_answer_is_the_contracts(shop: Shop) -> None:
    placed = await place(shop.http, an_order(*NAMES))
    answer = placed.answer
    assert re.fullmatch(CROCKFORD, placed.number)
    assert (answer["status"], answer["total"]["currency"]) == ("confirmed", "EUR")
    assert answer["total"]["amount"] == 2 * (await general_price(shop))
    assert answer["event"]["slug"] == "europython-2027"
    assert answer["buyer"] == {"name": NAMES[0], "email": placed.email}
    assert answer["fulfilment"] == {"tickets": "pending", "email": "pending"}
    assert [line["quantity"] for line in answer["lines"]] == [2]
    assert answer["links"].keys() == {"self", "progress", "tickets_pdf", "page"}
    assert placed.location == answer["links"]["self"]
    assert placed.token not in str(answer["links"])


async def test_one_mail_brings_a_page_a_ticket_with_its_holder_and_code(shop: Shop) -> None:
    placed = await place(shop.http, an_order(*NAMES))
    mail = await shop.inbox.the_mail_to(placed.email)
    assert placed.number in mail["Text"]
    assert placed.number in mail["HTML"]
    pages = pages_of(await shop.inbox.attachment(mail))
    assert len(pages) == 2
    for page, name in zip(pages, NAMES, strict=True):
        assert name in page.text
        assert placed.number in page.text
        assert "EuroPython" in page.text
    assert len({page.code for page in pages}) == 2
    assert all(page.code for page in pages)


async def test_the_links_lead_to_the_order_its_progress_and_its_tickets(shop: Shop) -> None:
    placed = await place(shop.http, an_order(*NAMES))
    links = at(shop, placed.answer["links"])
    async with shop.http.get(links["progress"], raise_for_status=True) as response:
        assert response.content_type == "text/event-stream"
        stream = await response.text()
    assert re.findall(r"^event: ?(.*)$", stream, re.MULTILINE) == ["order.placed", "tickets.issued", "email.sent"]
    status = await status_of(shop.http, placed)
    assert status["fulfilment"] == {"tickets": "issued", "email": "sent"}
    async with shop.http.get(links["tickets_pdf"], raise_for_status=True) as response:
        pdf = await response.read()
    assert pdf == await shop.inbox.attachment(await shop.inbox.the_mail_to(placed.email))


async def test_an_order_is_its_buyers_alone(shop: Shop) -> None:
    placed = await place(shop.http, an_order("Ada Lovelace"))
    other = await place(shop.http, an_order("Charles Babbage"))
    assert await problem_of(shop, placed.number, None) == (401, "unauthorized")
    assert await problem_of(shop, placed.number, other.token) == (404, "not-found")
    assert await problem_of(shop, "7K2MX-Q4P9D", placed.token) == (404, "not-found")


async def test_the_same_key_brings_the_same_answer_and_one_mail(shop: Shop) -> None:
    order, headers = an_order(*NAMES), {"Idempotency-Key": "a-key-of-their-own-" + an_order("x")["buyer"]["email"]}
    answers = []
    for _ in range(3):
        async with shop.http.post("/v1/orders", json=order, headers=headers) as response:
            answers.append((response.status, await response.read(), response.headers.get("Idempotent-Replayed")))
    assert answers[0][0] == 201
    assert answers[0][2] is None
    assert answers[1:] == [(201, answers[0][1], "true")] * 2
    email = order["buyer"]["email"]
    await shop.inbox.the_mail_to(email)
    assert len(await shop.inbox.mails_to([email])) == 1


async def general_price(shop: Shop) -> int:
    async with shop.http.get("/v1/events/europython-2027", raise_for_status=True) as response:
        event: Json = await response.json()
    (kind,) = (kind for kind in event["ticket_types"] if kind["slug"] == "general")
    price: int = kind["price"]["amount"]
    return price


async def problem_of(shop: Shop, number: str, token: str | None) -> tuple[int, str]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with shop.http.get(f"/v1/orders/{number}", headers=headers) as response:
        return response.status, (await response.json(content_type=None))["type"].rpartition(":")[2].rpartition("/")[2]


def at(shop: Shop, links: dict[str, str]) -> dict[str, str]:
    """The links as this machine reaches them: `localhost` may be another address family's."""
    return {name: re.sub(r"^http://[^/]*", shop.installation.orders, link) for name, link in links.items()}
