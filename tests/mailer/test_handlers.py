"""Tickets issued in, one mail out: over a real database, a real store and a real mail server."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.mailer import store
from services.mailer.handlers import OrderMails
from services.mailer.lines import Lines
from services.mailer.mails import MailKey, message_id
from services.mailer.posting import Post
from shared import bus as buses
from shared.background import Background
from shared.bus import Bus, Delivery, Done, Later, Subscription, Verdict
from shared.database import Pool, connection
from shared.messages import EmailBounced, EmailFailed, EmailSent, TicketsIssued, message
from shared.object_store import ObjectStore
from shared.outbox import Relay
from tests.mailer.building import COMPOSER, PDF, SENDER, delivery_of, tickets_issued
from tests.mailer.mail_server import MailServer, hanging_up, saying
from tests.mailer.test_store import KEY, claimed
from tests.servers.waiting import eventually


@pytest.fixture
async def bus(migrated_url: str) -> AsyncIterator[Bus]:
    bus = await buses.connect(migrated_url, source="mailer")
    yield bus
    await bus.close()


async def handle(mailer: OrderMails, issued: TicketsIssued | None = None, *, asked: int = 1) -> Verdict:
    issued = issued or tickets_issued()
    return await mailer.tickets_issued(issued, delivery_of(issued, asked=asked))


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


async def test_a_mailer_killed_before_data_leaves_the_mail_to_the_next(
    mailer: OrderMails, mail_server: MailServer, pool: "Pool[Any]"
) -> None:
    killed = await claimed(pool, KEY)
    held = await handle(mailer)

    assert isinstance(held, Later)
    assert held.after
    assert held.after <= store.ASK_AGAIN + timedelta(seconds=1)
    async with connection(pool) as connected:
        await store.mailers.take_off(connected, killed.owner, 0)
    assert await handle(mailer) == Done()
    assert len(mail_server.received) == 1


async def test_a_handler_cancelled_before_data_lets_the_mail_go(
    mailer: OrderMails, mail_server: MailServer, pool: "Pool[Any]", lines: Lines, objects: ObjectStore
) -> None:
    reached = asyncio.Event()

    async def stall(_: object) -> str:
        reached.set()
        await asyncio.Event().wait()
        return ""

    mail_server.on_rcpt = [stall]
    cancelled = asyncio.create_task(handle(mailer))
    await reached.wait()
    cancelled.cancel()
    await asyncio.gather(cancelled, return_exceptions=True)
    another = OrderMails(pool, objects, COMPOSER, Post(pool, lines, SENDER, on_commit=lambda: None))

    async def sent() -> bool:
        return await handle(another) == Done()

    await eventually(sent)
    assert len(mail_server.received) == 1


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
    assert "not what was issued" in verdict.reason
    assert not mail_server.received


async def test_a_missing_pdf_is_waited_for_without_counting_until_it_is_there(
    mailer: OrderMails, objects: ObjectStore, mail_server: MailServer
) -> None:
    issued = tickets_issued("AAAAA-BBBBB")
    verdicts = [await handle(mailer, issued) for _ in range(8)]
    await objects.put(issued.pdf.key, PDF)

    assert all(isinstance(verdict, Later) and not verdict.counts for verdict in verdicts)
    assert await handle(mailer, issued) == Done()
    assert len(mail_server.received) == 1


async def test_a_pdf_that_is_missing_for_more_than_a_day_counts(mailer: OrderMails) -> None:
    issued = tickets_issued("AAAAA-BBBBB")
    verdict = await mailer.tickets_issued(issued, delivery_of(issued, at=datetime.now(UTC) - timedelta(hours=25)))

    assert isinstance(verdict, Later)
    assert verdict.counts
    assert "rendered again" in verdict.reason


@pytest.mark.parametrize(
    ("answer", "key"),
    [("250 OK", EmailSent.key), ("550 5.1.1 no such user", EmailBounced.key), ("554 5.6.0 no", EmailFailed.key)],
)
async def test_what_became_of_a_mail_is_told_again_to_who_asks_anew_and_nothing_is_loaded_for_it(
    answer: str, key: str, mailer: OrderMails, objects: ObjectStore, mail_server: MailServer, pool: "Pool[Any]"
) -> None:
    mail_server.on_data = [saying(answer)]
    assert await handle(mailer) == Done()
    await objects.put(tickets_issued().pdf.key, b"gone since")
    assert [await handle(mailer, asked=asked) for asked in (1, 2)] == [Done(), Done()]

    assert [row["key"] for row in await pool.fetch("SELECT key FROM outbox")] == [key, key]
    assert len(mail_server.received) == 1


async def test_messages_that_ask_for_a_waiting_mail_do_not_pile_up(
    mailer: OrderMails, mail_server: MailServer, pool: "Pool[Any]"
) -> None:
    mail_server.on_rcpt = [saying("450 4.2.0 greylisted")]
    waiting = [await handle(mailer, asked=asked) for asked in (1, 2, 3)]
    back = [await handle(mailer, asked=asked) for asked in (1, 2, 3)]
    await make_due(pool)

    assert all(isinstance(verdict, Later) for verdict in waiting)
    assert back[:2] == [Done(), Done()]
    assert isinstance(back[2], Later)
    assert await handle(mailer, asked=3) == Done()
    assert len(mail_server.received) == 1


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
