"""Tickets issued in, one mail out: over a real database, a real store and a real mail server."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from services.mailer import leasing, store
from services.mailer.handlers import OrderMails
from services.mailer.lines import Lines
from services.mailer.mails import MailKey, message_id
from services.mailer.posting import Post
from services.mailer.store import Claim
from shared import bus as buses
from shared.background import Background
from shared.bus import Bus, Delivery, Done, Later, Subscription, Verdict
from shared.database import Pool, connection
from shared.messages import EmailBounced, EmailFailed, EmailSent, TicketsIssued, message
from shared.object_store import ObjectStore
from shared.outbox import Relay
from tests.mailer.building import COMPOSER, PDF, SENDER, delivery_of, tickets_issued
from tests.mailer.mail_server import MailServer, hanging_up, saying


@pytest.fixture
async def bus(migrated_url: str) -> AsyncIterator[Bus]:
    bus = await buses.connect(migrated_url, source="mailer")
    yield bus
    await bus.close()


async def handle(mailer: OrderMails, issued: TicketsIssued | None = None) -> Verdict:
    issued = issued or tickets_issued()
    return await mailer.tickets_issued(issued, delivery_of(issued))


async def row(pool: "Pool[Any]") -> dict[str, Any]:
    async with connection(pool) as held:
        return dict(await held.fetchrow("SELECT * FROM mails"))


async def make_due(pool: "Pool[Any]") -> None:
    """As if the wait, or the lease, had passed."""
    async with connection(pool) as held:
        await held.execute("UPDATE mails SET not_before = clock_timestamp()")


async def reports(pool: "Pool[Any]", bus: Bus) -> int:
    return (await Relay(pool, bus).backlog()).count


async def test_the_buyer_gets_the_tickets(mailer: OrderMails, mail_server: MailServer) -> None:
    assert await handle(mailer) == Done()

    mail = mail_server.received[0].message
    attachment = next(iter(mail.iter_attachments()))
    assert mail["To"] == "Ada Lovelace <ada@example.org>"
    assert mail["Message-ID"] == message_id(MailKey("tickets", "7K2MX-Q4P9D", "ada@example.org"), "example.org")
    assert attachment.get_filename() == "7K2MX-Q4P9D.pdf"
    assert attachment.get_content() == PDF


async def test_a_message_delivered_twice_sends_one_mail_and_one_report(
    mailer: OrderMails, mail_server: MailServer, pool: "Pool[Any]", bus: Bus
) -> None:
    assert [await handle(mailer), await handle(mailer)] == [Done(), Done()]

    assert len(mail_server.received) == 1
    assert await reports(pool, bus) == 1


async def test_two_workers_with_the_same_mail_send_it_once(
    mailer: OrderMails, mail_server: MailServer, pool: "Pool[Any]", bus: Bus
) -> None:
    verdicts = await asyncio.gather(*(handle(mailer) for _ in range(8)))

    later = [verdict for verdict in verdicts if isinstance(verdict, Later)]
    assert all(not verdict.counts for verdict in later)
    assert len(mail_server.received) == 1
    assert await reports(pool, bus) == 1
    assert await handle(mailer) == Done()
    assert len(mail_server.received) == 1


async def test_a_worker_killed_before_data_leaves_the_mail_to_the_next(
    mailer: OrderMails, mail_server: MailServer, pool: "Pool[Any]"
) -> None:
    reached: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def stall(_: object) -> str:
        reached.set_result(None)
        await asyncio.Event().wait()
        return ""

    mail_server.on_rcpt = [stall]
    killed = asyncio.create_task(handle(mailer))
    await reached
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    held = await handle(mailer)
    await make_due(pool)

    assert isinstance(held, Later)
    assert held.after
    assert held.after <= store.LEASE + timedelta(seconds=1)
    assert await handle(mailer) == Done()
    assert len(mail_server.received) == 1


async def test_a_lease_that_ran_out_stops_a_mail_at_the_last_moment(pool: "Pool[Any]") -> None:
    async with connection(pool) as held:
        claim = await store.claim(held, MailKey("tickets", "7K2MX-Q4P9D", "ada@example.org"))
    assert isinstance(claim, Claim)

    async with leasing.held(pool, claim, time.monotonic()) as check:
        check()
    async with leasing.held(pool, claim, time.monotonic() - store.LEASE.total_seconds()) as check:
        with pytest.raises(leasing.LeaseLost):
            check()


async def test_a_greylisted_mail_waits_and_goes_later(
    mailer: OrderMails, mail_server: MailServer, pool: "Pool[Any]"
) -> None:
    mail_server.on_rcpt = [saying("450 4.2.0 greylisted")]
    verdict = await handle(mailer)
    too_early = await handle(mailer)

    assert isinstance(verdict, Later)
    assert isinstance(too_early, Later)
    assert verdict.after
    assert timedelta(minutes=5) < verdict.after < timedelta(minutes=15)
    assert not verdict.counts
    assert (await row(pool))["attempts"] == 1

    await make_due(pool)
    assert await handle(mailer) == Done()
    assert len(mail_server.received) == 1


async def test_a_line_lost_after_data_sends_again_with_the_same_message_id(
    mailer: OrderMails, mail_server: MailServer, pool: "Pool[Any]"
) -> None:
    mail_server.on_data = [hanging_up]
    assert isinstance(await handle(mailer), Later)
    await make_due(pool)
    assert await handle(mailer) == Done()

    first, second = (received.message["Message-ID"] for received in mail_server.received)
    assert first == second
    assert (await row(pool))["doubtful"] == 1


async def test_a_server_that_is_away_uses_up_no_attempt(
    pool: "Pool[Any]", objects: ObjectStore, mail_server: MailServer, free_port: int
) -> None:
    address = mail_server.address()
    away = Lines(type(address)("127.0.0.1", free_port), hello="test.example")
    mailer = OrderMails(pool, objects, COMPOSER, Post(pool, away, SENDER, on_commit=lambda: None))
    waits = []
    for _ in range(12):
        verdict = await handle(mailer)
        assert isinstance(verdict, Later)
        assert not verdict.counts
        waits.append(verdict.after or timedelta(0))
        await make_due(pool)

    assert (await row(pool))["attempts"] == 0
    assert waits[0] < timedelta(seconds=2)
    assert timedelta(seconds=40) < waits[-1] < timedelta(seconds=80)


@pytest.mark.parametrize(
    ("answer", "status"), [("550 5.1.1 no such user", "bounced"), ("554 5.7.1 not from you", "failed")]
)
async def test_a_final_no_is_recorded_with_the_servers_words(
    answer: str, status: str, mailer: OrderMails, mail_server: MailServer, pool: "Pool[Any]", bus: Bus
) -> None:
    mail_server.on_rcpt = [saying(answer)]

    assert await handle(mailer) == Done()
    recorded = await row(pool)
    assert (recorded["status"], recorded["reason"]) == (status, answer)
    assert await reports(pool, bus) == 1


@pytest.mark.parametrize("email", ["no address", "jürgen@example.org", "ada@example.org>\r\nDATA"])
async def test_an_address_no_mail_can_go_to_bounces(
    email: str, mailer: OrderMails, mail_server: MailServer, pool: "Pool[Any]"
) -> None:
    assert await handle(mailer, tickets_issued(email=email)) == Done()

    assert (await row(pool))["status"] == "bounced"
    assert not mail_server.received


async def test_a_pdf_that_is_not_the_one_issued_is_not_sent(
    mailer: OrderMails, objects: ObjectStore, mail_server: MailServer
) -> None:
    await objects.put(tickets_issued().pdf.key, b"another")

    verdict = await handle(mailer)

    assert isinstance(verdict, Later)
    assert not verdict.counts
    assert not mail_server.received


async def test_a_missing_pdf_uses_up_no_attempt(mailer: OrderMails) -> None:
    verdict = await handle(mailer, tickets_issued("AAAAA-BBBBB"))

    assert isinstance(verdict, Later)
    assert not verdict.counts


async def test_names_of_any_kind_arrive(mailer: OrderMails, mail_server: MailServer) -> None:
    await handle(mailer, tickets_issued(name="<b>سارة</b> 🎉\r\nBcc: x@y.z"))

    mail = mail_server.received[0].message
    assert mail["Bcc"] is None
    assert mail["To"].addresses[0].display_name == "<b>سارة</b> 🎉 Bcc: x@y.z"
    assert [received.recipient for received in mail_server.received] == ["ada@example.org"]


async def test_the_whole_path_from_message_to_report(
    pool: "Pool[Any]", objects: ObjectStore, lines: Lines, mail_server: MailServer, bus: Bus
) -> None:
    mail_server.on_rcpt = [saying("550 5.1.1 no such user"), saying("554 5.7.1 no")]
    told: asyncio.Queue[str] = asyncio.Queue()

    async def hear(delivery: Delivery) -> Verdict:
        await told.put(delivery.message.key)
        return Done()

    relay = Relay(pool, bus)
    background = Background()
    background.start("relay", relay.run)
    keys = (EmailSent.key, EmailBounced.key, EmailFailed.key)
    await bus.subscribe(Subscription("orders.reports", keys), hear)
    await OrderMails(pool, objects, COMPOSER, Post(pool, lines, SENDER, on_commit=relay.wake)).subscribe(bus)
    heard = []
    for number in ("00000-00001", "00000-00002", "00000-00003"):
        issued = tickets_issued(number)
        await objects.put(issued.pdf.key, PDF)
        await bus.publish([message(issued, source="tickets")])
        heard.append(await asyncio.wait_for(told.get(), 10))
    await background.close()

    assert heard == [EmailBounced.key, EmailFailed.key, EmailSent.key]
    assert len(mail_server.received) == 1
