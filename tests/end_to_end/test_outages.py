"""Orders are taken whatever else is away, and every mail arrives once things are back."""

import signal

from tests.end_to_end.buying import an_order, place, status_of
from tests.end_to_end.conftest import Shop
from tests.end_to_end.following import RECOVERY_SECONDS, all_sent, mails_received, sent_again
from tests.servers.waiting import eventually

ORDERS = 40


async def test_orders_are_taken_without_tickets_mailer_and_broker_and_mailed_once_when_they_are_back(
    shop: Shop,
) -> None:
    shop.installation.signal("tickets", signal.SIGSTOP)
    shop.installation.signal("mailer", signal.SIGSTOP)
    await shop.broker.cut()
    try:
        placed = [await place(shop.http, an_order("Ada Lovelace")) for _ in range(ORDERS)]
        assert not (await mails_received(shop, placed)).total()
    finally:
        await shop.broker.mend()
        shop.installation.signal("tickets", signal.SIGCONT)
        shop.installation.signal("mailer", signal.SIGCONT)
    await all_sent(shop, placed)
    assert set((await mails_received(shop, placed)).values()) == {1}
    assert await sent_again(shop, placed) == 0


async def test_a_service_that_is_away_gets_its_messages_when_it_is_back(shop: Shop) -> None:
    shop.installation.signal("mailer", signal.SIGSTOP)
    try:
        placed = await place(shop.http, an_order("Ada Lovelace", "Charles Babbage"))

        async def issued() -> bool:
            return bool((await status_of(shop.http, placed))["fulfilment"] == {"tickets": "issued", "email": "pending"})

        await eventually(issued, RECOVERY_SECONDS)
    finally:
        shop.installation.signal("mailer", signal.SIGCONT)
    await all_sent(shop, [placed])
    assert await mails_received(shop, [placed]) == {placed.email: 1}
