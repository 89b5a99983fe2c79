"""A real SMTP server on a free port that misbehaves when told to."""

import asyncio
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from services.mailer.dialling import SmtpServer, Tls

TAKEN = "250 OK"
Hook = Callable[[SMTP], Awaitable[str]]


@dataclass(slots=True)
class Received:
    """A mail the server said it has, or would have if it had not hung up."""

    sender: str
    recipient: str
    content: bytes

    @property
    def message(self) -> EmailMessage:
        parsed = BytesParser(policy=default).parsebytes(self.content)
        assert isinstance(parsed, EmailMessage)
        return parsed


@dataclass(slots=True)
class MailServer:
    """`on_mail`, `on_rcpt` and `on_data` answer the next such commands, one each, then all goes well."""

    on_mail: list[Hook] = field(default_factory=list)
    on_rcpt: list[Hook] = field(default_factory=list)
    on_data: list[Hook] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    quits: int = 0
    port: int = 0
    password: str = "right"
    _sessions: list[SMTP] = field(default_factory=list)

    def address(self, tls: Tls = "never", user: str = "", password: str = "") -> SmtpServer:
        return SmtpServer("127.0.0.1", self.port, tls, user, password)

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await _answer(self.on_mail, server)
        if answer == TAKEN:
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await _answer(self.on_rcpt, server)
        if answer == TAKEN:
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.original_content or b""
        self.received.append(Received(str(envelope.mail_from), envelope.rcpt_tos[0], content))
        return await _answer(self.on_data, server)

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.quits += 1
        return "221 Bye"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.password == self.password.encode(), handled=False)

    def hang_up(self) -> None:
        """Drop every connection, as a server does that is restarted."""
        for session in self._sessions:
            _cut(session)
        self._sessions.clear()


@asynccontextmanager
async def serving(server: MailServer, port: int = 0, **options: Any) -> AsyncIterator[MailServer]:
    """`options` are aiosmtpd's: `tls_context`, `require_starttls`, `auth_required`, `enable_SMTPUTF8`."""

    def connected() -> SMTP:
        server.connections += 1
        with warnings.catch_warnings():
            # It warns of logins without TLS, which is what some tests want.
            warnings.simplefilter("ignore")
            session = SMTP(server, loop=asyncio.get_running_loop(), hostname="mx.test", **options)
        server._sessions.append(session)
        return session

    listener = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", port)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        server.hang_up()
        await listener.wait_closed()


def saying(answer: str) -> Hook:
    async def hook(_: SMTP) -> str:
        return answer

    return hook


async def hanging_up(server: SMTP) -> str:
    _cut(server)
    return TAKEN


def _cut(session: SMTP) -> None:
    if isinstance(session.transport, asyncio.WriteTransport):
        session.transport.abort()


async def _answer(hooks: list[Hook], server: SMTP) -> str:
    return await hooks.pop(0)(server) if hooks else TAKEN
