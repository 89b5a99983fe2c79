"""Takes mail: any sender, any recipient, no login; 250 once it is on disk."""

import asyncio
import sqlite3
from functools import partial

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from boxoffice.inbox.store import Mailbox
from boxoffice.inbox.tables import Arrival

log = structlog.get_logger()

HOST_NAME = "inbox.localhost"
LARGEST_BYTES = 50 * 1024 * 1024


class Reception:
    """aiosmtpd's handler: what happens when a mail has come in whole."""

    def __init__(self, mailbox: Mailbox) -> None:
        self._mailbox = mailbox

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        content = envelope.content
        raw = content.encode() if isinstance(content, str) else content or b""
        try:
            await self._mailbox.keep(Arrival(raw, tuple(envelope.rcpt_tos)))
        except sqlite3.Error as error:
            log.warning("inbox.not-kept", reason=str(error))
            return "451 4.3.1 The mail can't be kept right now: try again later"
        return "250 2.0.0 Kept"


async def listen(mailbox: Mailbox, host: str, port: int) -> asyncio.Server:
    """Serves until the returned server is closed."""
    loop = asyncio.get_running_loop()
    protocol = partial(
        SMTP,
        Reception(mailbox),
        hostname=HOST_NAME,
        ident="Boxoffice inbox",
        data_size_limit=LARGEST_BYTES,
        enable_SMTPUTF8=True,
        loop=loop,
    )
    return await loop.create_server(protocol, host, port, backlog=256)
