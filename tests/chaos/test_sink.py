"""The mail sink notes what it takes and what it said of it, and misbehaves as told."""

import json
from email.message import EmailMessage
from hashlib import sha256
from pathlib import Path
from typing import Any

import aiosmtplib
import pytest

from tests.chaos.sink import MISBEHAVIOURS, Misbehaviour, Sink

PDF = b"%PDF-1.4\r\n.\r\n..\r\n"
# What a client meets where nobody answers.
IMPATIENCE_SECONDS = 0.5


def a_mail(**headers: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"] = "shop@example.org", headers.get("to", "ada@example.org")
    mail["Message-ID"], mail["Subject"] = headers.get("message_id", "<1@example.org>"), "Führung: 7K2MX-Q4P9D"
    mail.set_content("Your order 7K2MX-Q4P9D.\n.\n")
    mail.add_attachment(PDF, maintype="application", subtype="pdf")
    return mail


async def hand_in(sink: Sink, *mails: EmailMessage) -> None:
    """Over one connection. Raises what the client meets."""
    port = int(sink.url.rpartition(":")[2])
    client = aiosmtplib.SMTP(
        hostname="127.0.0.1", port=port, timeout=IMPATIENCE_SECONDS, use_tls=False, start_tls=False
    )
    async with client:
        for mail in mails:
            await client.send_message(mail)


def noted(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "sink.jsonl").read_text().splitlines()]


async def test_a_mail_is_noted_whole_and_so_is_the_answer(sink: Sink, tmp_path: Path) -> None:
    await hand_in(sink, a_mail(), a_mail(message_id="<2@example.org>"))
    first, answered, second, _ = noted(tmp_path)
    assert (first["kind"], answered["kind"]) == ("mail", "answered")
    assert first["serial"] == answered["serial"] != second["serial"]
    assert (first["message_id"], second["message_id"]) == ("<1@example.org>", "<2@example.org>")
    assert (first["sender"], first["recipient"]) == ("shop@example.org", "ada@example.org")
    assert first["numbers"] == ["7K2MX-Q4P9D"]
    assert first["pdfs"] == [sha256(PDF).hexdigest()]


@pytest.mark.parametrize("bad", MISBEHAVIOURS, ids=lambda bad: bad.name)
async def test_it_misbehaves_at_every_verb_and_takes_mail_again_afterwards(
    sink: Sink, tmp_path: Path, bad: Misbehaviour
) -> None:
    sink.misbehave(Misbehaviour(bad.verb, bad.manner, bad.text))
    if bad.verb in ("quit", "after"):
        await _hand_in_whatever_comes_after(sink)
        assert [line["kind"] for line in noted(tmp_path)][:2] == ["mail", "answered"]
    else:
        with pytest.raises((aiosmtplib.SMTPException, OSError)):
            await hand_in(sink, a_mail())
        kept = [line["kind"] for line in noted(tmp_path)]
        assert kept == {"take-and-drop": ["mail"], "reply": ["refused"]}.get(bad.manner, [])
    sink.behave()
    await hand_in(sink, a_mail(message_id="<after@example.org>"))
    assert noted(tmp_path)[-1]["kind"] == "answered"


async def _hand_in_whatever_comes_after(sink: Sink) -> None:
    try:
        await hand_in(sink, a_mail())
    except (aiosmtplib.SMTPException, OSError):
        return


def test_every_verb_has_its_faults() -> None:
    verbs = {bad.verb for bad in MISBEHAVIOURS}
    assert verbs == {"connect", "ehlo", "mail", "rcpt", "data", "dot", "after", "quit"}
    for verb in verbs - {"after"}:
        assert {"drop", "stall", "reply"} <= {bad.manner for bad in MISBEHAVIOURS if bad.verb == verb}
    assert len({bad.name for bad in MISBEHAVIOURS}) == len(MISBEHAVIOURS)
