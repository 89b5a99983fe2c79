"""Opening a line to the mail server, and telling apart why one could not be had."""

import ssl
from dataclasses import dataclass, field
from typing import Literal

import aiosmtplib

from services.mailer import refusals
from services.mailer.outcomes import Misconfigured, Unreachable, readable

Tls = Literal["implicit", "require", "auto", "never"]

CONNECT_SECONDS = 20.0
COMMAND_SECONDS = 30.0
# aiosmtplib: None takes STARTTLS when offered, True insists on it.
_STARTTLS: dict[Tls, bool | None] = {"implicit": False, "require": True, "auto": None, "never": False}


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail is handed in. `user` is empty when no login is wanted."""

    host: str
    port: int
    tls: Tls = "auto"
    user: str = ""
    password: str = field(default="", repr=False)


class NoLine(Exception):
    """No line can be had; `outcome` says whether that passes by itself. The driver's error is the `__cause__`."""

    def __init__(self, outcome: Unreachable | Misconfigured) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


async def dial(server: SmtpServer, hello: str, tls: ssl.SSLContext | None) -> aiosmtplib.SMTP:
    """A line that has been greeted, encrypted and logged in as `server` says. Raises `NoLine`.

    `hello` is the name we give ourselves.
    """
    smtp = aiosmtplib.SMTP(
        hostname=server.host,
        port=server.port,
        username=server.user or None,
        password=server.password or None,
        local_hostname=hello,
        timeout=COMMAND_SECONDS,
        use_tls=server.tls == "implicit",
        start_tls=_STARTTLS[server.tls],
        tls_context=tls,
    )
    try:
        await smtp.connect(timeout=CONNECT_SECONDS)
        if smtp.is_ehlo_or_helo_needed:
            await smtp.ehlo()
    except (aiosmtplib.SMTPException, OSError) as error:
        smtp.close()
        raise NoLine(_judged(error, f"{server.host}:{server.port}")) from error
    return smtp


def tls_context(tls: Tls) -> ssl.SSLContext | None:
    """Takes some 20 ms: the system's certificates are read. Call it once, off the loop."""
    if tls == "never":
        return None
    context = ssl.create_default_context()
    if tls == "auto":
        # Whoever could show us a false certificate could as well hide that TLS is offered: better unproven than open.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _judged(error: Exception, where: str) -> Unreachable | Misconfigured:
    reason = f"{where}: {_told(error)}"
    match error:
        case aiosmtplib.SMTPAuthenticationError(code=code) if code >= 500:
            return _ours(f"{where} refused our login: {_told(error)}")
        case ssl.SSLError() | aiosmtplib.SMTPException(__cause__=ssl.SSLError()):
            return _ours(reason)
        case aiosmtplib.SMTPHeloError(code=code) if 500 <= code < 600:
            return _ours(f"{where} {refusals.HELLO}: {_told(error)}")
        case aiosmtplib.SMTPResponseException(code=code, message=text):
            # A greeting of 554 is "not now" to some; one that says why it is us is not.
            judged = refusals.judge_greeting(code, text)
            return _ours(f"{where} {judged.words}: {_told(error)}") if judged else Unreachable(reason)
        case OSError():
            return Unreachable(reason)
        case _:
            # What is left of aiosmtplib's errors: STARTTLS or a login wanted that the server does not offer.
            return _ours(reason)


def _ours(reason: str) -> Misconfigured:
    """Nothing of a recipient has been said by then: all of it may be logged."""
    return Misconfigured(reason, reason)


def _told(error: Exception) -> str:
    if isinstance(error, aiosmtplib.SMTPResponseException):
        return readable(f"{error.code} {error.message}")
    return readable(str(error)) or type(error).__name__
