"""One mail over one line, command by command, so that it is known which stage failed."""

from collections.abc import Callable
from dataclasses import dataclass

import aiosmtplib
import structlog

from services.mailer.addresses import Mailbox
from services.mailer.dialling import COMMAND_SECONDS, NoLine
from services.mailer.lines import Line, Lines
from services.mailer.outcomes import (
    Deferred,
    LineBroken,
    Misconfigured,
    Outcome,
    Refused,
    Sent,
    Unreachable,
    readable,
)
from services.mailer.pipelining import TAKEN, LineLost, hand_in
from services.mailer.refusals import LOGIN_WANTED, Judgement, Stage, enhanced_code, judge, judge_deferral

log = structlog.get_logger()

# A server takes its time after the final dot, and whoever hangs up on it sends the mail twice.
DATA_SECONDS = 300.0
CLOSING = 421
COMMANDS: dict[Stage, str] = {"mail": "MAIL FROM", "rcpt": "RCPT TO", "data": "DATA"}
SMTPUTF8_MISSING = "5.6.7 no mail server on the way takes an address with such letters before the @"


@dataclass(frozen=True, slots=True)
class Letter:
    """A composed mail in its envelope: one recipient. `content` is the whole message, with CRLF line ends."""

    sender: Mailbox
    recipient: Mailbox
    content: bytes


async def send(lines: Lines, letter: Letter, before_data: Callable[[], None]) -> Outcome:
    """Hand the letter to the mail server. Never raises for the server's sake.

    `before_data` is called at the last moment when nothing is sent yet: what it raises calls the mail off.
    A kept line that turns out dead at its first command is replaced: no failed attempt.
    """
    try:
        while True:
            async with lines.line() as line:
                kept = line.kept
                outcome = await _over(line, letter, before_data)
            if not (kept and _stale(outcome)):
                return _settled(outcome)
    except NoLine as error:
        return error.outcome


async def _over(line: Line, letter: Letter, before_data: Callable[[], None]) -> Outcome:
    smtp = line.smtp
    line.mails += 1
    if letter.recipient.needs_smtputf8 and not smtp.supports_extension("smtputf8"):
        return Refused("rcpt", 553, SMTPUTF8_MISSING)
    if smtp.supports_extension("pipelining"):
        return await _pipelined(smtp, letter, before_data)
    stage: Stage = "mail"
    try:
        await smtp.mail(letter.sender.address, options=_options(smtp, letter))
        stage = "rcpt"
        await smtp.rcpt(letter.recipient.address, encoding="utf-8")
        before_data()
        stage = "data"
        await smtp.data(letter.content, timeout=DATA_SECONDS)
    except aiosmtplib.SMTPResponseException as error:
        await _begin_anew(smtp, error.code)
        return _answered(stage, error.code, readable(error.message))
    except (aiosmtplib.SMTPException, OSError) as error:
        smtp.close()
        return LineBroken(stage, readable(f"{type(error).__name__} at {stage.upper()}: {error}"))
    return Sent()


async def _pipelined(smtp: aiosmtplib.SMTP, letter: Letter, before_data: Callable[[], None]) -> Outcome:
    options = "".join(f" {option}" for option in _options(smtp, letter))
    commands = (f"MAIL FROM:<{letter.sender.address}>{options}", f"RCPT TO:<{letter.recipient.address}>")
    try:
        encoded = [command.encode() for command in commands]
        reply = await hand_in(smtp, encoded, letter.content, before_data, (COMMAND_SECONDS, DATA_SECONDS))
    except LineLost as error:
        smtp.close()
        return LineBroken(error.stage, readable(f"{error} at {error.stage.upper()}"))
    if reply.code in TAKEN:
        return Sent()
    await _begin_anew(smtp, reply.code)
    return _answered(reply.stage, reply.code, readable(reply.text))


def _options(smtp: aiosmtplib.SMTP, letter: Letter) -> list[str]:
    options = [f"SIZE={len(letter.content)}"] if smtp.supports_extension("size") else []
    return [*options, "SMTPUTF8"] if letter.recipient.needs_smtputf8 else options


async def _begin_anew(smtp: aiosmtplib.SMTP, code: int) -> None:
    """End the refused transaction, or the line when the server is leaving it or talks nonsense."""
    try:
        if code == CLOSING or not 400 <= code < 600:
            smtp.close()
        elif smtp.is_connected:
            await smtp.rset()
    except (aiosmtplib.SMTPException, OSError):
        smtp.close()


def _answered(stage: Stage, code: int, text: str) -> Outcome:
    if 400 <= code < 500:
        return Deferred(stage, code, text)
    if 500 <= code < 600:
        return Refused(stage, code, text)
    return LineBroken(stage, f"no SMTP answer to {stage.upper()}: {code} {text}")


def _stale(outcome: Outcome) -> bool:
    match outcome:
        case LineBroken("mail", _):
            return True
        case Deferred("mail", code, _):
            return code == CLOSING
    return False


def _settled(outcome: Outcome) -> Outcome:
    """What is the server's state and not this mail's doing, said as such."""
    match outcome:
        case Deferred("mail", code, text) if code == CLOSING:
            return Unreachable(f"{code} {text}")
        case Refused(stage, code, text):
            judged: Judgement | None = judge(stage, code, text)
        case Deferred(stage, code, text):
            judged = judge_deferral(code, text)
        case _:
            return outcome
    if judged and judged.fault == "us":
        trouble = f"the mail server {judged.words} ({_codes(code, text)} at {COMMANDS[stage]})"
        return Misconfigured(f"{code} {text}", trouble, everyone=stage == "mail" or code in LOGIN_WANTED)
    return outcome


def _codes(code: int, text: str) -> str:
    return f"{code} {enhanced_code(code, text) or ''}".strip()
