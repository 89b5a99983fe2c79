"""What becomes of orders: sent as the orders service tells it, received as the inbox shows it."""

from collections import Counter

from tests.end_to_end.buying import Placed, status_of
from tests.end_to_end.conftest import Shop
from tests.servers.waiting import eventually

SENT = {"tickets": "issued", "email": "sent"}
# Brokers are rejoined and leases run out within this, seconds, and more on a busy machine.
RECOVERY_SECONDS = 90.0


async def all_sent(shop: Shop, placed: list[Placed]) -> None:
    """Wait until the orders service says of each that its tickets are out and its mail is sent."""
    waiting = list(placed)

    async def none_is_waiting() -> bool:
        while waiting and (await status_of(shop.http, waiting[-1]))["fulfilment"] == SENT:
            waiting.pop()
        return not waiting

    try:
        await eventually(none_is_waiting, RECOVERY_SECONDS)
    except TimeoutError as error:
        stuck = await status_of(shop.http, waiting[-1])
        raise AssertionError(
            f"{len(waiting)} of {len(placed)} at most are on their way yet; {waiting[-1].number}: {stuck['fulfilment']}"
        ) from error


async def mails_received(shop: Shop, placed: list[Placed]) -> Counter[str]:
    """How many mails each order's address got; the inbox keeps one of those that share a Message-ID."""
    mails = await shop.inbox.mails_to(order.email for order in placed)
    received = Counter({order.email: 0 for order in placed})
    received.update(mail["To"][0]["Address"] for mail in mails)
    return received


async def sent_again(shop: Shop, placed: list[Placed]) -> int:
    """How many mails came once more under the Message-ID of one that was there."""
    mails = await shop.inbox.mails_to(order.email for order in placed)
    return sum(mail["Duplicates"] for mail in mails)
