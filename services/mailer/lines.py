"""Lines to the mail server, kept open between mails: a new one for each costs three times the work."""

import asyncio
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiosmtplib
import structlog

from services.mailer.dialling import NoLine, SmtpServer, dial, tls_context
from services.mailer.outcomes import Misconfigured

log = structlog.get_logger()

# Most servers hang up after 5 minutes of silence, some balancers after one.
IDLE_SECONDS = 55.0
AGE_SECONDS = 300.0
MAILS_PER_LINE = 100
TEND_SECONDS = 5.0
QUIT_SECONDS = 2.0
# For how long everyone is told the same after one could not get a line: a server that is coming up is not
# hammered, and an account with a wrong password not locked.
UNREACHABLE_SECONDS = 1.0
MISCONFIGURED_SECONDS = 30.0


@dataclass(slots=True, eq=False)
class Line:
    """`mails` counts those begun on it; times are of `time.monotonic`."""

    smtp: aiosmtplib.SMTP
    opened_at: float
    used_at: float
    mails: int = 0

    @property
    def kept(self) -> bool:
        return self.mails > 0

    def good(self, now: float) -> bool:
        return (
            self.smtp.is_connected
            and self.mails < MAILS_PER_LINE
            and now - self.opened_at < AGE_SECONDS
            and now - self.used_at < IDLE_SECONDS
        )


class Lines:
    """At most `size` lines at a time; the one used last is used next, so that few stay warm."""

    def __init__(self, server: SmtpServer, hello: str, size: int = 8) -> None:
        self._server = server
        self._hello = hello
        self.size = size
        self._free = asyncio.Semaphore(size)
        self._idle: list[Line] = []
        self._tls: ssl.SSLContext | None = None
        self._dialling = asyncio.Lock()
        self._refusal: tuple[float, NoLine] | None = None
        self._closed = False

    @asynccontextmanager
    async def line(self) -> AsyncIterator[Line]:
        """A line for one mail. Raises `NoLine`.

        It is kept when it is still connected at the end; whoever leaves a transaction open closes it.
        Left by an exception, a cancellation too, the line is cut: nobody knows what the server heard.
        """
        async with self._free:
            line = await self._take()
            try:
                yield line
            except BaseException:
                line.smtp.close()
                raise
            line.used_at = time.monotonic()
            if self._closed:
                await self._hang_up([line])
            elif line.smtp.is_connected:
                self._idle.append(line)

    async def tend(self) -> None:
        """For ever: say goodbye on lines that have been idle or open for long."""
        while True:
            await asyncio.sleep(TEND_SECONDS)
            now = time.monotonic()
            spent = [line for line in self._idle if not line.good(now)]
            self._idle = [line for line in self._idle if line not in spent]
            await self._hang_up(spent)

    async def close(self) -> None:
        """Say goodbye on every idle line. Those in use end with their mail."""
        self._closed = True
        lines, self._idle = self._idle, []
        await self._hang_up(lines)

    async def _take(self) -> Line:
        while self._idle:
            line = self._idle.pop()
            if line.good(time.monotonic()):
                return line
            await self._hang_up([line])
        return await self._open()

    async def _open(self) -> Line:
        # One at a time, so that a server that is away is asked once and not by everyone who has a mail.
        async with self._dialling:
            if self._refusal and time.monotonic() < self._refusal[0]:
                raise NoLine(self._refusal[1].outcome)
            try:
                smtp = await self._dial()
            except NoLine as error:
                self._remember(error)
                raise
            self._refusal = None
        now = time.monotonic()
        return Line(smtp, opened_at=now, used_at=now)

    async def _dial(self) -> aiosmtplib.SMTP:
        if self._tls is None:
            self._tls = await asyncio.to_thread(tls_context, self._server.tls)
        return await dial(self._server, self._hello, self._tls)

    def _remember(self, error: NoLine) -> None:
        if isinstance(error.outcome, Misconfigured):
            # It is told by whoever sees all that the server says against us (`Standing`).
            seconds = MISCONFIGURED_SECONDS
        else:
            seconds = UNREACHABLE_SECONDS
            log.warning("mail.unreachable", reason=error.outcome.reason)
        self._refusal = (time.monotonic() + seconds, error)

    async def _hang_up(self, lines: list[Line]) -> None:
        await asyncio.gather(*(_quit(line.smtp) for line in lines))


async def _quit(smtp: aiosmtplib.SMTP) -> None:
    try:
        if smtp.is_connected:
            await smtp.quit(timeout=QUIT_SECONDS)
    except (aiosmtplib.SMTPException, OSError) as error:
        log.debug("mail.quit-failed", reason=str(error))
    finally:
        smtp.close()
