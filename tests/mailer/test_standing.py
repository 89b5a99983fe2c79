"""A mail server that refuses the installation: the mails wait, one finds out, and a person is told once."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from services.mailer.app import wire
from services.mailer.handlers import OrderMails
from services.mailer.outcomes import Deferred, Misconfigured, Sent
from services.mailer.posting import Post
from services.mailer.settings import MailerSettings
from services.mailer.standing import LOG_AGAIN_SECONDS, PAUSE_SECONDS, Standing
from shared import bus as buses
from shared.bus import Done, Later
from shared.database import Pool
from shared.messages import message
from shared.object_store import open_store
from tests.mailer.building import COMPOSER, PDF, SENDER, tickets_issued
from tests.mailer.mail_server import MailServer, saying
from tests.mailer.test_handlers import handle, make_due, row
from tests.reading_metrics import numbers_at
from tests.servers.waiting import eventually

QUOTA = "550 5.4.5 Daily user sending limit exceeded"
OF_ALL = Misconfigured("550 5.4.5", "our quota is spent")
OF_ONE = Misconfigured("554 5.7.1", "it does not relay for us", everyone=False)


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize("stage", ["on_mail", "on_rcpt", "on_data"])
async def test_a_mail_waits_while_the_server_refuses_us_and_uses_up_no_attempt(
    stage: str, mailer: OrderMails, mail_server: MailServer, pool: "Pool[Any]"
) -> None:
    setattr(mail_server, stage, [saying(QUOTA)] * 12)
    verdicts = []
    for _ in range(12):
        verdicts.append(await handle(mailer))
        await make_due(pool)

    assert all(isinstance(verdict, Later) and not verdict.counts for verdict in verdicts)
    waiting = await row(pool)
    assert (waiting["status"], waiting["attempts"], waiting["reason"]) == ("pending", 0, QUOTA)
    assert await handle(mailer) == Done()


@pytest.mark.parametrize(
    ("stage", "answer"),
    [
        ("on_rcpt", "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname"),
        ("on_mail", "553 5.7.1 <box@example.org>: Sender address rejected: not owned by user box"),
        ("on_mail", "550 5.1.8 no such sender"),
        ("on_mail", "501 odd"),
        ("on_data", "550 5.7.60 SMTP; Client does not have permissions to send as this sender"),
        ("on_data", "554 Message rejected: Email address is not verified."),
        ("on_rcpt", "554 5.7.1 <ada@example.org>: Relay access denied"),
        ("on_rcpt", "454 4.7.1 <ada@example.org>: Relay access denied"),
    ],
)
async def test_no_buyer_loses_a_mail_for_what_is_ours(
    stage: str, answer: str, mailer: OrderMails, mail_server: MailServer, pool: "Pool[Any]"
) -> None:
    setattr(mail_server, stage, [saying(answer)])
    with capture_logs() as logs:
        verdict = await handle(mailer)

    assert isinstance(verdict, Later)
    waiting = await row(pool)
    assert (waiting["status"], waiting["attempts"]) == ("pending", 0)
    (told,) = [entry for entry in logs if entry["event"] == "mail.misconfigured"]
    assert told["log_level"] == "error"
    assert "ada@" not in str(logs)


async def test_while_the_server_refuses_everyone_others_wait_without_asking(
    pool: "Pool[Any]", mail_server: MailServer, lines: Any
) -> None:
    objects = open_store("memory://")
    for number in ("AAAAA-00001", "AAAAA-00002"):
        await objects.put(tickets_issued(number).pdf.key, PDF)
    clock = Clock()
    post = Post(pool, lines, SENDER, on_commit=lambda: None, standing=Standing(now=clock))
    mailer = OrderMails(pool, objects, COMPOSER, post)
    mail_server.on_mail = [saying(QUOTA)]
    refused = await handle(mailer, tickets_issued("AAAAA-00001"))
    unasked = await handle(mailer, tickets_issued("AAAAA-00002"))
    clock.now = PAUSE_SECONDS
    await make_due(pool)

    assert isinstance(refused, Later)
    assert isinstance(unasked, Later)
    assert await handle(mailer, tickets_issued("AAAAA-00002")) == Done()
    assert await handle(mailer, tickets_issued("AAAAA-00001")) == Done()


def test_one_at_a_time_finds_out_whether_we_are_still_refused() -> None:
    clock = Clock()
    standing = Standing(now=clock)
    standing.saw(OF_ALL, "a.example")
    paused = standing.pause("b.example")
    clock.now = PAUSE_SECONDS
    probe, beside_it = standing.pause("b.example"), standing.pause("c.example")

    assert (paused, probe, beside_it) == (OF_ALL, None, OF_ALL)


def test_one_domains_refusal_stops_nobody_elses_mail() -> None:
    standing = Standing(now=Clock())
    standing.saw(OF_ONE, "a.example")

    assert standing.pause("a.example") == OF_ONE
    assert standing.pause("b.example") is None


def test_what_is_said_of_one_mail_says_nothing_of_us() -> None:
    standing = Standing(now=Clock())
    standing.saw(Deferred("rcpt", 450, "later"), "a.example")

    assert standing.trouble is None
    assert standing.pause("a.example") is None


def test_trouble_is_logged_once_and_again_when_it_is_another_and_when_it_is_over() -> None:
    clock = Clock()
    changes: list[bool] = []
    standing = Standing(changes.append, now=clock)
    with capture_logs() as logs:
        for _ in range(5):
            standing.saw(OF_ALL, "a.example")
        standing.saw(OF_ONE, "a.example")
        standing.saw(Sent(), "b.example")
        standing.saw(Sent(), "b.example")
        standing.saw(OF_ONE, "a.example")
        standing.saw(Sent(), "b.example")
        clock.now = LOG_AGAIN_SECONDS
        standing.saw(OF_ONE, "a.example")

    assert [(entry["event"], entry.get("reason")) for entry in logs] == [
        ("mail.misconfigured", OF_ALL.trouble),
        ("mail.misconfigured", OF_ONE.trouble),
        ("mail.configured-again", None),
        ("mail.misconfigured", OF_ONE.trouble),
    ]
    assert changes == [True, False, True, False, True]


@pytest.fixture
async def running(
    migrated_url: str,
    mail_server: MailServer,
    free_port: int,
    tmp_path: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[aiohttp.ClientSession]:
    """A mailer as it is run, over the Postgres bus."""
    settings = {
        "DATABASE_URL": migrated_url,
        "BROKER_URL": migrated_url,
        "STORE_URL": f"file://{tmp_path}",
        "SMTP_URL": f"smtp://127.0.0.1:{mail_server.port}?starttls=never",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    async with AsyncExitStack() as parts:
        await wire(MailerSettings(), parts, port=free_port)
        yield await parts.enter_async_context(aiohttp.ClientSession(f"http://127.0.0.1:{free_port}"))


async def test_readyz_says_in_words_why_no_mail_goes_until_one_does(
    running: aiohttp.ClientSession, mail_server: MailServer, pool: "Pool[Any]", migrated_url: str, tmp_path: Any
) -> None:
    mail_server.on_rcpt = [saying("504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname")]
    bus = await buses.connect(migrated_url, source="tickets")
    objects = open_store(f"file://{tmp_path}")

    async def issue(number: str, email: str) -> None:
        issued = tickets_issued(number, email=email)
        await objects.put(issued.pdf.key, PDF)
        assert await bus.publish([message(issued, source="tickets")]) == [None]

    async def readiness() -> tuple[int, str]:
        async with running.get("/readyz") as response:
            return response.status, (await response.json()).get("reason", "")

    async def why_not() -> str:
        status, reason = await readiness()
        return reason if status == 503 and "HELO" in reason else ""

    async def is_ready() -> bool:
        return (await readiness())[0] == 200

    await eventually(is_ready)
    await issue("AAAAA-00001", "ada@example.org")
    refused = await eventually(why_not)
    counted = (await numbers_at(running)).sum("boxoffice_mailer_misconfigured")
    await issue("AAAAA-00002", "bob@example.net")
    await eventually(is_ready)
    await bus.close(timedelta(0))

    assert "ada" not in refused
    assert "set HELO_NAME" in refused
    assert counted == 1
    assert (await numbers_at(running)).sum("boxoffice_mailer_misconfigured") == 0
    assert [mail.recipient for mail in mail_server.received] == ["bob@example.net"]
