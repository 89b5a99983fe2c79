"""`boxoffice` with faults planted in it, so that the auditor can be seen to find them.

    python -m tests.chaos.planted NAME[,NAME…] serve SERVICE …

acknowledge-before-effect   a consumer says that it is done with a message, and begins with it half a minute later
publish-before-commit       orders' messages are on the bus before what they report is committed
no-natural-key              mailer forgets that it has sent a mail when it is told to send it
deliver-twice               everything is published twice: no fault, a bus may do that
"""

import asyncio
import sys
from collections.abc import Callable, Sequence

from boxoffice import cli
from services.mailer import store as mails
from services.mailer.mails import MailKey
from services.mailer.store import Answer, Claimant
from shared import bus as buses
from shared import outbox
from shared.bus import Bus, BusError, Delivery, Done, Handler, Message, Subscription, Verdict
from shared.database import Connection
from shared.messages import TicketsIssued
from shared.settings import Settings, load

# Long enough for a test to see it and to kill who waits.
WINDOW_SECONDS = 30.0

_late: set[asyncio.Task[Verdict]] = set()


def acknowledge_before_effect() -> None:
    def change(bus: Bus) -> None:
        subscribe = bus.subscribe

        async def hasty(subscription: Subscription, handler: Handler) -> None:
            await subscribe(subscription, _begins_late(handler))

        bus.subscribe = hasty  # type: ignore[method-assign]

    _change_every_bus(change)


def _begins_late(handler: Handler) -> Handler:
    async def late(delivery: Delivery) -> Verdict:
        await asyncio.sleep(WINDOW_SECONDS)
        return await handler(delivery)

    async def hasty(delivery: Delivery) -> Verdict:
        _late.add(asyncio.create_task(late(delivery)))
        return Done()

    return hasty


def publish_before_commit() -> None:
    async def hasty(connection: Connection, messages: Sequence[Message]) -> None:
        bus = await buses.connect(load(Settings).broker, source="planted")
        await bus.publish(messages)
        await bus.close()
        # Inside the transaction: what was told is not yet true, and never becomes so when we are killed now.
        await asyncio.sleep(WINDOW_SECONDS)

    outbox.add = hasty


def no_natural_key() -> None:
    claim = mails.claim_tickets

    async def forgetful(connection: Connection, key: MailKey, by: Claimant, issued: TicketsIssued) -> Answer:
        await connection.execute("DELETE FROM mails WHERE number = $1", key.number)
        return await claim(connection, key, by, issued)

    mails.claim_tickets = forgetful


def deliver_twice() -> None:
    def change(bus: Bus) -> None:
        publish = bus.publish

        async def twice(messages: Sequence[Message]) -> list[BusError | None]:
            await publish(messages)
            return await publish(messages)

        bus.publish = twice  # type: ignore[method-assign]

    _change_every_bus(change)


def _change_every_bus(change: Callable[[Bus], None]) -> None:
    connect = buses.connect

    async def changed(urls: str, *, source: str, database: str = "") -> Bus:
        bus = await connect(urls, source=source, database=database)
        change(bus)
        return bus

    buses.connect = changed


PLANTED: dict[str, Callable[[], None]] = {
    "acknowledge-before-effect": acknowledge_before_effect,
    "publish-before-commit": publish_before_commit,
    "no-natural-key": no_natural_key,
    "deliver-twice": deliver_twice,
}


def main() -> int:
    names, *words = sys.argv[1:]
    for name in names.split(","):
        PLANTED[name]()
    sys.argv[1:] = words
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
