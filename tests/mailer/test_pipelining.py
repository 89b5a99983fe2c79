"""MAIL, RCPT and DATA in one write, with a server that refuses each of them."""

import asyncio

import pytest

from services.mailer.addresses import mailbox
from services.mailer.outcomes import Deferred, LineBroken, Misconfigured, Refused, Sent, Unreachable
from services.mailer.sending import Letter, send
from tests.mailer.scripted import scripted
from tests.mailer.test_sending import LETTER, nothing_against_it

NO_RECIPIENTS = {"DATA": "554 5.5.1 Error: no valid recipients"}


async def test_one_mail_is_two_writes_and_arrives_as_it_was() -> None:
    letter = Letter(LETTER.sender, LETTER.recipient, b".start\r\n\r\n..two\r\n.\r\nend")
    async with scripted({}) as (server, lines):
        outcomes = [await send(lines, LETTER, nothing_against_it), await send(lines, letter, nothing_against_it)]
        piece = server.pieces[1]

    assert outcomes == [Sent(), Sent()]
    assert piece == ["MAIL", "RCPT", "DATA"]
    assert server.mails == [b"Subject: x\r\n\r\n..dot\r\nend", b"..start\r\n\r\n...two\r\n..\r\nend"]
    assert server.connections == 1


async def test_a_server_without_it_gets_one_command_at_a_time() -> None:
    async with scripted({"EHLO": "250 mx.test"}) as (server, lines):
        assert await send(lines, LETTER, nothing_against_it) == Sent()

    assert server.pieces[1:4] == [["MAIL"], ["RCPT"], ["DATA"]]


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        ({"RCPT": "550 5.1.1 no such user", **NO_RECIPIENTS}, Refused("rcpt", 550, "5.1.1 no such user")),
        ({"RCPT": "450-4.2.0 grey\r\n450 listed", **NO_RECIPIENTS}, Deferred("rcpt", 450, "4.2.0 grey listed")),
        ({"DATA": "452 4.3.1 full"}, Deferred("data", 452, "4.3.1 full")),
        ({".": "554 5.6.0 odd"}, Refused("data", 554, "5.6.0 odd")),
        ({"MAIL": "552 5.3.4 big", "RCPT": "503 first MAIL", "DATA": "503 no"}, Refused("mail", 552, "5.3.4 big")),
    ],
)  # fmt: skip
async def test_what_was_refused_is_told_apart_and_the_line_goes_on(
    answers: dict[str, str], outcome: Refused | Deferred
) -> None:
    once: dict[str, str | list[str]] = {command: [answer, ANSWERED[command]] for command, answer in answers.items()}
    async with scripted(once) as (server, lines):
        assert await send(lines, LETTER, nothing_against_it) == outcome
        assert await send(lines, LETTER, nothing_against_it) == Sent()

    assert server.connections == 1


ANSWERED = {"MAIL": "250 OK", "RCPT": "250 OK", "DATA": "354 go on", ".": "250 taken"}


async def test_a_server_that_waits_for_a_mail_nobody_gets_is_left_without_one() -> None:
    async with scripted({"RCPT": ["550 5.1.1 no such user", "250 OK"]}) as (server, lines):
        assert await send(lines, LETTER, nothing_against_it) == Refused("rcpt", 550, "5.1.1 no such user")
        mails = len(server.mails)
        assert await send(lines, LETTER, nothing_against_it) == Sent()

    assert mails == 0
    assert server.connections == 2


async def test_a_refusal_of_ours_is_ours_here_too() -> None:
    answers = {"RCPT": "504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname", **NO_RECIPIENTS}
    async with scripted(answers) as (_, lines):
        outcome = await send(lines, LETTER, nothing_against_it)

    assert isinstance(outcome, Misconfigured)
    assert not outcome.everyone


async def test_a_421_to_the_first_command_of_a_kept_line_is_no_failed_attempt_here_either() -> None:
    async with scripted({"MAIL": ["250 OK", "421 4.4.2 idle", "250 OK"]}) as (server, lines):
        assert [await send(lines, LETTER, nothing_against_it) for _ in range(2)] == [Sent(), Sent()]

    assert server.connections == 2
    async with scripted({"MAIL": "421 4.3.2 busy"}) as (_, lines):
        assert await send(lines, LETTER, nothing_against_it) == Unreachable("421 4.3.2 busy")


async def test_a_mail_called_off_at_the_last_moment_leaves_nothing_with_the_server() -> None:
    def call_off() -> None:
        raise LookupError

    async with scripted({}) as (server, lines):
        with pytest.raises(LookupError):
            await send(lines, LETTER, call_off)
        assert await send(lines, LETTER, nothing_against_it) == Sent()

    assert len(server.mails) == 1
    assert server.connections == 2


@pytest.mark.parametrize(
    ("answers", "stage"),
    [
        ({"MAIL": "250 OK", "RCPT": "what?"}, "rcpt"),
        ({"DATA": "221 bye"}, "data"),
    ],
)
async def test_a_line_that_ends_or_talks_nonsense_is_left(answers: dict[str, str], stage: str) -> None:
    async with scripted(answers) as (server, lines):
        outcome = await send(lines, LETTER, nothing_against_it)

    assert isinstance(outcome, LineBroken)
    assert outcome.stage == stage
    assert server.mails == []


async def test_letters_beyond_ascii_go_with_smtputf8() -> None:
    letter = Letter(LETTER.sender, mailbox("jürgen@example.org"), LETTER.content)
    async with scripted({"EHLO": "250-mx.test\r\n250-PIPELINING\r\n250 SMTPUTF8"}) as (server, lines):
        assert await send(lines, letter, nothing_against_it) == Sent()

    assert server.lines[1:3] == ["MAIL FROM:<box@example.org> SMTPUTF8", "RCPT TO:<jürgen@example.org>"]


async def test_many_mails_at_once_share_few_lines() -> None:
    async with scripted({}, size=3) as (server, lines):
        outcomes = await asyncio.gather(*(send(lines, LETTER, nothing_against_it) for _ in range(30)))

    assert outcomes == [Sent()] * 30
    assert len(server.mails) == 30
    assert server.connections <= 3
