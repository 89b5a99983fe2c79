"""What a buyer changes their mind about: cancelled orders, and tickets sent once more."""

import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager

from tests.end_to_end.buying import Placed, an_order, place, status_of
from tests.end_to_end.conftest import Shop
from tests.end_to_end.following import all_sent
from tests.end_to_end.inbox import Json
from tests.end_to_end.installation import Service
from tests.end_to_end.test_buying import at
from tests.servers.waiting import eventually

NAMES = ("Ada Lovelace", "Charles Babbage")
# Which no other test buys from.
QUIET_EVENT, QUIET_TYPE = "mare-alta-ao-vivo", "pista"


async def test_a_cancelled_order_is_void_its_places_are_back_and_one_mail_says_so(shop: Shop) -> None:
    order = await place(shop.http, an_order(*NAMES, event=QUIET_EVENT, ticket_type=QUIET_TYPE))
    await all_sent(shop, [order])
    # Both are waited for: what is told of the stock may be a second old.
    await eventually(lambda: are_taken(shop, len(NAMES)))
    first, again = await ask(shop, order, "cancel"), await ask(shop, order, "cancel")
    # The mail may have gone in between.
    assert again | {"fulfilment": first["fulfilment"]} == first

    await eventually(lambda: stands(shop, order, "cancelled", {"tickets": "void", "email": "sent"}))
    await eventually(lambda: are_taken(shop, 0))
    assert await subjects(shop, order) == ["Your tickets: Maré Alta ao Vivo", "Cancelled: Maré Alta ao Vivo"]
    assert await told(shop, order) == ["order.placed", "tickets.issued", "email.sent", "order.cancelled", "email.sent"]
    async with shop.http.get(at(shop, order.answer["links"])["tickets_pdf"]) as response:
        problem = await response.json(content_type="application/problem+json")
    assert (response.status, problem["type"].rpartition(":")[2]) == (409, "void")


async def test_an_order_cancelled_before_its_tickets_are_made_gets_that_one_mail_alone(shop: Shop) -> None:
    with stopped(shop, "tickets"):
        order = await place(shop.http, an_order(*NAMES))
        await ask(shop, order, "cancel")
        await eventually(lambda: stands(shop, order, "cancelled", {"tickets": "void", "email": "sent"}))
    await all_sent(shop, [await place(shop.http, an_order("Next in line")) for _ in range(5)])

    assert await subjects(shop, order) == ["Cancelled: EuroPython 2027"]
    assert (await status_of(shop.http, order))["fulfilment"] == {"tickets": "void", "email": "sent"}


async def test_tickets_are_sent_once_more_on_request(shop: Shop) -> None:
    order = await place(shop.http, an_order(*NAMES))
    await all_sent(shop, [order])
    assert (await ask(shop, order, "resend", 202))["fulfilment"] == {"tickets": "issued", "email": "pending"}
    assert (await ask(shop, order, "resend", 429))["type"].endswith(":rate-limited")

    await all_sent(shop, [order])
    first, second = [await shop.inbox.whole(mail) for mail in await shop.inbox.mails_to([order.email])]
    assert first["MessageID"] != second["MessageID"]
    assert await shop.inbox.attachment(first) == await shop.inbox.attachment(second)


@contextmanager
def stopped(shop: Shop, service: Service) -> Iterator[None]:
    shop.installation.signal(service, signal.SIGSTOP)
    try:
        yield
    finally:
        shop.installation.signal(service, signal.SIGCONT)


async def ask(shop: Shop, order: Placed, verb: str, status: int = 200) -> Json:
    """The order as answered, without its links, which are signed anew each time."""
    headers = {"Authorization": f"Bearer {order.token}"}
    async with shop.http.post(f"/v1/orders/{order.number}/{verb}", headers=headers) as response:
        answer: Json = await response.json(content_type=None)
    assert response.status == status, answer
    return {name: value for name, value in answer.items() if name != "links"}


async def stands(shop: Shop, order: Placed, status: str, fulfilment: dict[str, str]) -> bool:
    answer = await status_of(shop.http, order)
    return bool((answer["status"], answer["fulfilment"]) == (status, fulfilment))


async def subjects(shop: Shop, order: Placed) -> list[str]:
    """Of the order's mails, the first first."""
    return [mail["Subject"] for mail in reversed(await shop.inbox.mails_to([order.email]))]


async def told(shop: Shop, order: Placed) -> list[str]:
    """All that its progress stream tells."""
    async with shop.http.get(at(shop, order.answer["links"])["progress"], raise_for_status=True) as response:
        return re.findall(r"^event: ?(.*)$", await response.text(), re.MULTILINE)


async def are_taken(shop: Shop, places: int) -> bool:
    async with shop.http.get(f"/v1/events/{QUIET_EVENT}", raise_for_status=True) as response:
        event = await response.json()
    (kind,) = (kind for kind in event["ticket_types"] if kind["slug"] == QUIET_TYPE)
    return bool(kind["capacity"] - kind["available"] == places)
