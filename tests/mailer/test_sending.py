"""One mail over real SMTP, with a server that misbehaves at each stage."""

import asyncio
import ssl
from pathlib import Path

import pytest

from services.mailer.addresses import mailbox
from services.mailer.dialling import SmtpServer
from services.mailer.lines import Lines
from services.mailer.outcomes import Deferred, LineBroken, Misconfigured, Refused, Sent, Unreachable
from services.mailer.sending import Letter, send
from tests.mailer.mail_server import MailServer, hanging_up, saying, serving
from tests.mailer.scripted import scripted

LETTER = Letter(mailbox("box@example.org"), mailbox("ada@example.org"), b"Subject: x\r\n\r\n.dot\r\nend\r\n")


def nothing_against_it() -> None:
    pass


async def test_mails_go_over_one_kept_line(mail_server: MailServer, lines: Lines) -> None:
    outcomes = [await send(lines, LETTER, nothing_against_it) for _ in range(3)]

    assert outcomes == [Sent()] * 3
    assert mail_server.connections == 1
    assert [mail.recipient for mail in mail_server.received] == ["ada@example.org"] * 3
    assert mail_server.received[0].content == LETTER.content


async def test_a_kept_line_that_was_dropped_is_replaced(mail_server: MailServer, lines: Lines) -> None:
    assert await send(lines, LETTER, nothing_against_it) == Sent()
    mail_server.hang_up()

    assert await send(lines, LETTER, nothing_against_it) == Sent()
    assert mail_server.connections == 2


async def test_a_421_to_the_first_command_of_a_kept_line_is_no_failed_attempt(
    mail_server: MailServer, lines: Lines
) -> None:
    assert await send(lines, LETTER, nothing_against_it) == Sent()
    mail_server.on_mail = [saying("421 4.4.2 idle for too long")]

    assert await send(lines, LETTER, nothing_against_it) == Sent()
    assert mail_server.connections == 2


async def test_a_421_to_the_first_command_of_a_new_line_is_the_servers_state(
    mail_server: MailServer, lines: Lines
) -> None:
    mail_server.on_mail = [saying("421 4.3.2 too busy")]

    assert await send(lines, LETTER, nothing_against_it) == Unreachable("421 4.3.2 too busy")


async def test_a_line_dropped_before_data_is_known_as_such(mail_server: MailServer, lines: Lines) -> None:
    mail_server.on_rcpt = [hanging_up]

    outcome = await send(lines, LETTER, nothing_against_it)

    assert isinstance(outcome, LineBroken)
    assert outcome.stage == "rcpt"


async def test_a_line_dropped_after_the_dot_is_known_as_such(mail_server: MailServer, lines: Lines) -> None:
    mail_server.on_data = [hanging_up]

    outcome = await send(lines, LETTER, nothing_against_it)

    assert isinstance(outcome, LineBroken)
    assert outcome.stage == "data"
    assert len(mail_server.received) == 1


async def test_a_greylisted_mail_is_deferred_and_the_line_goes_on(mail_server: MailServer, lines: Lines) -> None:
    mail_server.on_rcpt = [saying("450 4.2.0 greylisted, come back later")]

    assert await send(lines, LETTER, nothing_against_it) == Deferred("rcpt", 450, "4.2.0 greylisted, come back later")
    assert await send(lines, LETTER, nothing_against_it) == Sent()
    assert mail_server.connections == 1


async def test_a_refused_recipient_does_not_spoil_the_next_mail(mail_server: MailServer, lines: Lines) -> None:
    mail_server.on_rcpt = [saying("550 5.1.1 no such user")]

    assert await send(lines, LETTER, nothing_against_it) == Refused("rcpt", 550, "5.1.1 no such user")
    assert await send(lines, LETTER, nothing_against_it) == Sent()
    assert mail_server.connections == 1


async def test_content_refused_after_the_dot_is_a_refusal(mail_server: MailServer, lines: Lines) -> None:
    mail_server.on_data = [saying("554 5.7.1 looks like spam")]

    assert await send(lines, LETTER, nothing_against_it) == Refused("data", 554, "5.7.1 looks like spam")


async def test_a_servers_words_become_one_line_any_database_takes(mail_server: MailServer, lines: Lines) -> None:
    mail_server.on_rcpt = [saying("550-5.1.1 no\x00such\r\n550 user")]

    assert await send(lines, LETTER, nothing_against_it) == Refused("rcpt", 550, "5.1.1 no such user")


async def test_a_mail_called_off_before_data_is_not_sent(mail_server: MailServer, lines: Lines) -> None:
    def call_off() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        await send(lines, LETTER, call_off)

    assert not mail_server.received
    assert await send(lines, LETTER, nothing_against_it) == Sent()


async def test_no_server_is_unreachable() -> None:
    async with serving(MailServer()) as server:
        address = server.address()
    lines = Lines(address, hello="test.example")

    outcome = await send(lines, LETTER, nothing_against_it)

    assert isinstance(outcome, Unreachable)
    assert str(address.port) in outcome.reason


async def test_a_refused_login_is_tried_once_and_not_by_every_mail() -> None:
    server = MailServer()
    async with serving(server, authenticator=server.authenticate, auth_require_tls=False):
        lines = Lines(server.address(user="box", password="wrong"), hello="test.example")
        outcomes = [await send(lines, LETTER, nothing_against_it) for _ in range(5)]

    assert all(isinstance(outcome, Misconfigured) for outcome in outcomes)
    assert "535" in str(outcomes[0])
    assert "wrong" not in str(outcomes[0])
    assert server.connections == 1


async def test_a_good_login_sends() -> None:
    server = MailServer()
    async with serving(server, authenticator=server.authenticate, auth_require_tls=False, auth_required=True):
        lines = Lines(server.address(user="box", password="right"), hello="test.example")
        assert await send(lines, LETTER, nothing_against_it) == Sent()
        await lines.close()


async def test_a_login_wanted_and_not_given_needs_a_person() -> None:
    server = MailServer()
    async with serving(server, authenticator=server.authenticate, auth_require_tls=False, auth_required=True):
        lines = Lines(server.address(), hello="test.example")
        assert isinstance(await send(lines, LETTER, nothing_against_it), Misconfigured)


async def test_required_starttls_that_is_not_offered_sends_nothing(mail_server: MailServer) -> None:
    lines = Lines(mail_server.address(tls="require", user="box", password="secret"), hello="test.example")

    outcome = await send(lines, LETTER, nothing_against_it)

    assert isinstance(outcome, Misconfigured)
    assert "STARTTLS" in outcome.reason
    assert not mail_server.received


async def test_starttls_is_taken_when_offered(self_signed: ssl.SSLContext) -> None:
    server = MailServer()
    async with serving(server, tls_context=self_signed, require_starttls=True):
        lines = Lines(server.address(tls="auto"), hello="test.example")
        assert await send(lines, LETTER, nothing_against_it) == Sent()
        await lines.close()


async def test_required_starttls_with_a_certificate_nobody_vouches_for_sends_nothing(
    self_signed: ssl.SSLContext,
) -> None:
    server = MailServer()
    async with serving(server, tls_context=self_signed):
        lines = Lines(server.address(tls="require"), hello="test.example")
        outcome = await send(lines, LETTER, nothing_against_it)

    assert isinstance(outcome, Misconfigured)
    assert "certificate" in outcome.reason.lower()
    assert not server.received


async def test_required_starttls_with_a_good_certificate_sends(
    certificate: Path, self_signed: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    server = MailServer()
    async with serving(server, tls_context=self_signed):
        lines = Lines(server.address(tls="require"), hello="test.example")
        assert await send(lines, LETTER, nothing_against_it) == Sent()
        await lines.close()


async def test_letters_beyond_ascii_before_the_at_go_where_the_server_takes_them() -> None:
    letter = Letter(LETTER.sender, mailbox("jürgen@bücher.example"), LETTER.content)
    server = MailServer()
    async with serving(server, enable_SMTPUTF8=True):
        lines = Lines(server.address(), hello="test.example")
        assert await send(lines, letter, nothing_against_it) == Sent()
        await lines.close()

    assert server.received[0].recipient == "jürgen@xn--bcher-kva.example"


async def test_letters_beyond_ascii_before_the_at_bounce_elsewhere(mail_server: MailServer, lines: Lines) -> None:
    letter = Letter(LETTER.sender, mailbox("jürgen@example.org"), LETTER.content)

    outcome = await send(lines, letter, nothing_against_it)

    assert isinstance(outcome, Refused)
    assert outcome.text.startswith("5.6.7")


@pytest.mark.parametrize("answer", ["550 5.7.1 your name is no name", "501 5.5.4 Invalid domain name"])
async def test_a_name_refused_at_ehlo_needs_a_person(answer: str) -> None:
    async with scripted({"EHLO": answer, "HELO": answer}) as (_, lines):
        outcome = await send(lines, LETTER, nothing_against_it)

    assert isinstance(outcome, Misconfigured)
    assert "HELO_NAME" in outcome.trouble


async def test_closing_says_goodbye_on_idle_lines(mail_server: MailServer, lines: Lines) -> None:
    await send(lines, LETTER, nothing_against_it)

    await lines.close()
    await lines.close()

    assert mail_server.quits == 1


async def test_there_are_never_more_lines_than_allowed(mail_server: MailServer) -> None:
    lines = Lines(mail_server.address(), hello="test.example", size=3)

    outcomes = await asyncio.gather(*(send(lines, LETTER, nothing_against_it) for _ in range(30)))
    await lines.close()

    assert outcomes == [Sent()] * 30
    assert mail_server.connections <= 3


@pytest.mark.parametrize("worn", ["opened_at", "used_at", "mails"])
async def test_a_worn_line_is_hung_up_and_replaced(worn: str, mail_server: MailServer, lines: Lines) -> None:
    async with lines.line() as line:
        pass
    setattr(line, worn, 1000 if worn == "mails" else float("-inf"))

    assert await send(lines, LETTER, nothing_against_it) == Sent()
    assert (mail_server.connections, mail_server.quits) == (2, 1)


async def test_an_odd_greeting_is_told_as_text_any_database_takes() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"554 no \x00 \xff service\r\n")
        await writer.drain()
        writer.close()

    listener = await asyncio.start_server(greet, "127.0.0.1", 0)
    async with listener:
        lines = Lines(SmtpServer("127.0.0.1", listener.sockets[0].getsockname()[1], "never"), hello="test.example")
        outcome = await send(lines, LETTER, nothing_against_it)

    assert isinstance(outcome, Unreachable)
    assert "554 no" in outcome.reason
    assert outcome.reason.isprintable()
