"""The inbox over real SMTP and HTTP: what it answered 250 is there, once, and reads as Mailpit's."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiohttp
import aiosmtplib
import pytest

from boxoffice.child import Child, Command
from tests.servers.programs import free_port
from tests.servers.waiting import eventually

PDF = b"%PDF-1.7 " + bytes(range(256))


@dataclass(frozen=True, slots=True)
class Inbox:
    """`process` serves HTTP on `http` and SMTP on port `smtp`."""

    process: Child
    http: aiohttp.ClientSession
    smtp: int

    async def send(self, *mails: EmailMessage, recipients: list[str] | None = None) -> None:
        async with aiosmtplib.SMTP(hostname="127.0.0.1", port=self.smtp, start_tls=False) as line:
            for mail in mails:
                await line.send_message(mail, recipients=recipients)

    async def get(self, path: str) -> Any:
        async with self.http.get(path, raise_for_status=True) as answer:
            return await answer.json()


@asynccontextmanager
async def an_inbox(folder: Path) -> AsyncIterator[Inbox]:
    port, smtp = free_port(), free_port()
    words = ("-m", "boxoffice.inbox", "--port", str(port), "--smtp-port", str(smtp), "--folder", str(folder))
    said: list[str] = []
    process = await Child.start(Command((sys.executable, *words), {}, folder=Path(__file__).parents[2]), said.append)

    async def ready() -> bool:
        async with http.get("/readyz") as answer:
            return answer.status == 200

    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as http:
        try:
            await eventually(ready, ignoring=(aiohttp.ClientError,))
            yield Inbox(process, http, smtp)
        finally:
            await process.stop(grace=5)
    assert said == []


@pytest.fixture(scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Inbox]:
    async with an_inbox(tmp_path_factory.mktemp("inbox")) as found:
        yield found


@pytest.fixture
async def inbox(running: Inbox) -> Inbox:
    """Empty."""
    async with running.http.delete("/api/v1/messages", raise_for_status=True):
        return running


def a_mail(number: int = 1, to: str = "Ada Lovelace <ada@example.org>") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = "Boxoffice <tickets@example.org>", to
    mail["Subject"] = f"Größe {number}: 星屑"
    mail["Message-ID"] = f"<{number}@example.org>"
    mail["Date"] = "Tue, 24 Nov 2026 20:00:00 +0100"
    mail.set_content("Hello Ada,\nsee you there.\n")
    mail.add_alternative("<p>Hello <b>Ada</b></p>", subtype="html")
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename="tickets ü.pdf")
    return mail


async def test_the_list_is_as_mailpit_s(inbox: Inbox) -> None:
    await inbox.send(a_mail(1), a_mail(2))
    found = await inbox.get("/api/v1/messages?limit=1")
    assert {key: found[key] for key in ("total", "unread", "count", "messages_count", "start", "tags")} == {
        "total": 2,
        "unread": 2,
        "count": 1,
        "messages_count": 2,
        "start": 0,
        "tags": [],
    }
    (newest,) = found["messages"]
    del newest["ID"], newest["Created"], newest["Size"]
    assert newest == {
        "MessageID": "2@example.org",
        "Read": False,
        "From": {"Name": "Boxoffice", "Address": "tickets@example.org"},
        "To": [{"Name": "Ada Lovelace", "Address": "ada@example.org"}],
        "Cc": [],
        "Bcc": [],
        "ReplyTo": [],
        "Subject": "Größe 2: 星屑",
        "Tags": [],
        "Attachments": 1,
        "Snippet": "Hello Ada, see you there.",
        "Duplicates": 0,
    }
    (older,) = (await inbox.get("/api/v1/messages?start=1&limit=5"))["messages"]
    assert older["MessageID"] == "1@example.org"


async def test_a_message_is_as_mailpit_s_and_is_read_then(inbox: Inbox) -> None:
    await inbox.send(a_mail())
    (listed,) = (await inbox.get("/api/v1/messages"))["messages"]
    mail = await inbox.get(f"/api/v1/message/{listed['ID']}")
    assert mail["Text"].split() == ["Hello", "Ada,", "see", "you", "there."]
    assert mail["HTML"].strip() == "<p>Hello <b>Ada</b></p>"
    assert mail["Date"] == "2026-11-24T20:00:00+01:00"
    (attachment,) = mail["Attachments"]
    assert (attachment["FileName"], attachment["ContentType"], attachment["Size"]) == (
        *("tickets ü.pdf", "application/pdf"),
        len(PDF),
    )
    async with inbox.http.get(f"/api/v1/message/{mail['ID']}/part/{attachment['PartID']}") as part:
        assert (part.status, part.content_type, await part.read()) == (200, "application/pdf", PDF)
    async with inbox.http.get(f"/api/v1/message/{mail['ID']}/raw") as raw:
        assert (await raw.read()).startswith(b"From: Boxoffice")
    assert (await inbox.get("/api/v1/messages"))["unread"] == 0
    assert (await inbox.get("/api/v1/message/latest"))["ID"] == mail["ID"]


async def test_a_message_id_that_comes_again_is_kept_once_and_counted(inbox: Inbox) -> None:
    await inbox.send(a_mail(1), a_mail(1), a_mail(1), a_mail(2))
    await inbox.send(a_mail(1), recipients=["else@example.org"])
    found = await inbox.get("/api/v1/messages")
    assert (found["total"], found["duplicates"]) == (3, 2)
    assert [mail["Duplicates"] for mail in found["messages"]] == [0, 0, 2]


async def test_whom_no_header_names_got_a_blind_copy(inbox: Inbox) -> None:
    await inbox.send(a_mail(), recipients=["ada@example.org", "hidden@example.org"])
    (mail,) = (await inbox.get("/api/v1/messages"))["messages"]
    assert mail["Bcc"] == [{"Name": "", "Address": "hidden@example.org"}]


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no header at all",
        b"Subject: =?utf-8?b?broken\r\nFrom: =?x-unknown?q?A?= <a@b\r\nTo: ,,;<>\r\nDate: yesterday\r\n\r\n\xff\xfe",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: nonsense\r\n\r\nhalf a pa",
        b"Content-Type: text/plain; charset=klingon\r\nContent-Transfer-Encoding: base64\r\n\r\n###",
        b"Subject: \xff\xf0 raw \xc3\xbc\r\nMessage-ID: <\x00>\r\n\r\nbody",
    ],
)
async def test_a_broken_mail_is_kept_and_shown(inbox: Inbox, raw: bytes) -> None:
    async with aiosmtplib.SMTP(hostname="127.0.0.1", port=inbox.smtp, start_tls=False) as line:
        await line.sendmail("", ["ada@example.org"], raw)
    (listed,) = (await inbox.get("/api/v1/messages"))["messages"]
    assert (await inbox.get(f"/api/v1/message/{listed['ID']}"))["ID"] == listed["ID"]


async def test_a_burst_is_kept_whole(inbox: Inbox) -> None:
    mails = [a_mail(number) for number in range(200)]
    await asyncio.gather(*(inbox.send(*mails[start::8]) for start in range(8)))
    assert (await inbox.get("/api/v1/messages?limit=0"))["total"] == 200


async def test_what_was_taken_survives_a_kill(tmp_path: Path) -> None:
    async with an_inbox(tmp_path) as first:
        await first.send(a_mail())
        first.process.kill()
        await first.process.ended()
    async with an_inbox(tmp_path) as second:
        assert (await second.get("/api/v1/messages"))["total"] == 1


async def test_a_page_hears_of_a_new_mail(inbox: Inbox) -> None:
    async with inbox.http.get("/updates") as stream:
        assert await stream.content.readuntil(b"\n\n") == b"data: changed\n\n"
        await inbox.send(a_mail())
        assert await stream.content.readuntil(b"\n\n") == b"data: changed\n\n"


async def test_the_page_needs_no_other_host_and_runs_no_mail_s_script(inbox: Inbox) -> None:
    async with inbox.http.get("/") as page:
        policy, html = page.headers["Content-Security-Policy"], await page.text()
    assert "script-src 'self'" in policy
    assert "default-src 'none'" in policy
    for address in ("/page.js", "/page.css"):
        assert address in html
        async with inbox.http.get(address) as part:
            assert part.status == 200


async def test_chosen_mails_can_be_deleted(inbox: Inbox) -> None:
    await inbox.send(a_mail(1), a_mail(2))
    listed = (await inbox.get("/api/v1/messages"))["messages"]
    async with inbox.http.delete("/api/v1/messages", json={"IDs": [listed[0]["ID"]]}) as answer:
        assert answer.status == 200
    assert [mail["ID"] for mail in (await inbox.get("/api/v1/messages"))["messages"]] == [listed[1]["ID"]]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/message/nothing", 404),
        ("/api/v1/message/nothing/part/1", 404),
        ("/api/v1/messages?limit=-1", 400),
        ("/api/v1/messages?start=many", 400),
        ("/api/v1/messages?limit=99999999999999999999", 400),
    ],
)
async def test_what_is_not_there_or_not_meant_is_told(inbox: Inbox, path: str, status: int) -> None:
    async with inbox.http.get(path) as answer:
        assert answer.status == status
