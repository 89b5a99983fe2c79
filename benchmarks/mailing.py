"""What a mail of 40 KB costs to compose and to send, beside the standard library: `python -m benchmarks.mailing`.

The mail has the text, the HTML and a PDF of 28 KB. The server is a thread of its own that takes all it is given; the
standard library sends with `smtplib` over one kept line, we over one of ours, with PIPELINING and without.
Milliseconds are of this thread's processor time, without the server's, in the quickest of several rounds; ratios
travel between machines.
"""

import asyncio
import itertools
import smtplib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from services.mailer.addresses import mailbox
from services.mailer.composing import Cover
from services.mailer.dialling import SmtpServer
from services.mailer.lines import Lines
from services.mailer.outcomes import Sent
from services.mailer.sending import Letter, send
from tests.mailer.building import COMPOSER, SENDER, tickets_issued
from tests.mailer.scripted import Scripted

ROUNDS, MAILS = 5, 40
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 112
TO = mailbox("ada@example.org", "Ada Lovelace")
_serial = itertools.count()


def main() -> None:
    text, html = _parts()
    _table("compose", {"email.message": lambda: _standard(text, html), "ours": _ours})
    mail = _ours()
    print(f"a mail of {len(mail) / 1000:.0f} KB")
    with ExitStack() as parts:
        port = parts.enter_context(_server({}))
        plain_port = parts.enter_context(_server({"EHLO": "250 mx.test"}))
        client = parts.enter_context(smtplib.SMTP("127.0.0.1", port))
        cases: dict[str, Callable[[], object]] = {
            "smtplib": lambda: client.sendmail(SENDER.address, [TO.address], mail),
            "ours, command by command": _sender(plain_port, mail, parts),
            "ours, PIPELINING": _sender(port, mail, parts),
        }
        _table("send", cases)


def _table(what: str, cases: dict[str, Callable[[], object]]) -> None:
    baseline = 0.0
    for name, job in cases.items():
        milliseconds = _best(job)
        baseline = baseline or milliseconds
        print(f"{what:8} {name:28} {milliseconds:6.3f} ms  {milliseconds / baseline:5.2f} ×")


def _best(job: Callable[[], object]) -> float:
    job()
    return min(_round(job) for _ in range(ROUNDS)) * 1000


def _round(job: Callable[[], object]) -> float:
    began = time.thread_time()
    for _ in range(MAILS):
        job()
    return (time.thread_time() - began) / MAILS


def _ours() -> bytes:
    """With a name never seen before, so that no cache answers for the mail."""
    issued = tickets_issued(name=f"Ada Lovelace {next(_serial)}")
    return COMPOSER.tickets(issued, Cover(TO, "<1@example.org>", datetime.now(UTC)), PDF)


def _parts() -> tuple[str, str]:
    from email import message_from_bytes

    texts = [part.get_payload(decode=True) for part in message_from_bytes(_ours()).walk() if not part.is_multipart()]
    text, html = (content.decode() for content in texts[:2] if isinstance(content, bytes))
    return text, html


def _standard(text: str, html: str) -> bytes:
    """What the templates gave, put together as the library's documentation shows."""
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = f"{SENDER.name} <{SENDER.address}>", f"{TO.name} {next(_serial)} <{TO.address}>"
    mail["Subject"], mail["Date"] = "Your tickets for Night Music", format_datetime(datetime.now(UTC))
    mail.set_content(text)
    mail.add_alternative(html, subtype="html")
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename="7K2MX-Q4P9D.pdf")
    return mail.as_bytes()


def _sender(port: int, mail: bytes, parts: ExitStack) -> Callable[[], object]:
    """One mail at a call, with all of the loop's own cost, as a quiet mailer pays it."""
    lines = Lines(SmtpServer("127.0.0.1", port, "never"), hello="bench.example", size=1)
    loop = asyncio.new_event_loop()
    letter = Letter(SENDER, TO, mail)
    parts.callback(lambda: loop.run_until_complete(lines.close()))

    def job() -> None:
        if loop.run_until_complete(send(lines, letter, lambda: None)) != Sent():
            raise RuntimeError("the mail was not taken")

    return job


@contextmanager
def _server(answers: dict[str, str | list[str]]) -> Iterator[int]:
    """A mail server in a thread of its own."""
    loop = asyncio.new_event_loop()
    listener = loop.run_until_complete(asyncio.start_server(Scripted(answers).serve, "127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield int(listener.sockets[0].getsockname()[1])
    finally:
        # The clients have hung up by now; what is left of their sessions sees that first.
        loop.call_soon_threadsafe(loop.call_later, 0.5, loop.stop)
        thread.join()


if __name__ == "__main__":
    main()
