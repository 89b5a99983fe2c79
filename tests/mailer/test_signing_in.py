"""The mail with the link to sign in: once, in its reader's language, and only while the link is good."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.mailer.addresses import named_mailbox
from services.mailer.composing import Composer
from services.mailer.lines import Lines
from services.mailer.posting import Post
from services.mailer.signing_in import SignInMail
from services.mailer.wording.frame import WORDS
from shared.bus import Delivery, Done, Verdict
from shared.database import Pool
from shared.messages import SignInRequested, message
from tests.mailer.mail_server import MailServer

SENDER = named_mailbox("Box Office <box@example.org>")
LINK = "https://tickets.example/sign-in/" + "x" * 43


def asked(locale: str = "en", *, good_for: timedelta = timedelta(minutes=15)) -> SignInRequested:
    return SignInRequested(
        id="0199", address="ada@example.org", link=LINK, expires_at=datetime.now(UTC) + good_for, locale=locale
    )


@pytest.fixture
def mailer(pool: "Pool[Any]", lines: Lines) -> SignInMail:
    return SignInMail(Composer(SENDER, "https://tickets.example"), Post(pool, lines, SENDER, on_commit=lambda: None))


async def handle(mailer: SignInMail, fact: SignInRequested) -> Verdict:
    return await mailer.sign_in_requested(fact, Delivery(message(fact, source="orders"), "mailer.sign-in-requested", 1))


@pytest.mark.parametrize("locale", WORDS)
async def test_the_link_is_in_the_text_and_behind_the_button(
    mailer: SignInMail, mail_server: MailServer, locale: str
) -> None:
    assert await handle(mailer, asked(locale)) == Done()
    (received,) = mail_server.received
    mail: Any = received.message
    assert mail["To"].addresses[0].addr_spec == "ada@example.org"
    assert LINK in mail.get_body(("plain",)).get_content()
    html = mail.get_body(("html",)).get_content()
    assert f'<a href="{LINK}">' in html
    assert f'lang="{locale}"' in html
    assert "tickets.example" in mail["Subject"]


async def test_it_is_sent_once_and_reported_to_nobody(
    mailer: SignInMail, mail_server: MailServer, pool: "Pool[Any]"
) -> None:
    fact = asked()
    assert [await handle(mailer, fact) for _ in range(2)] == [Done(), Done()]
    assert len(mail_server.received) == 1
    assert await pool.fetchval("SELECT count(*) FROM outbox") == 0


async def test_a_link_that_is_good_no_more_is_not_sent(mailer: SignInMail, mail_server: MailServer) -> None:
    assert await handle(mailer, asked(good_for=timedelta(seconds=-1))) == Done()
    assert mail_server.received == []
