"""A mail's bytes as what Mailpit's API answers. Nothing here fails on a mail, however broken."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any

from boxoffice.inbox.headers import decoded

Json = dict[str, Any]

SNIPPET_LENGTH = 250

_SPACE = re.compile(r"\s+")
_TAG = re.compile(r"<(style|script|title)\b.*?</\1>|<[^>]*>", re.DOTALL | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of the MIME tree; `id` is its place in it, like `1.2`."""

    id: str
    message: "Message[str, str]"

    @property
    def content_type(self) -> str:
        return self.message.get_content_type()

    @property
    def content(self) -> bytes:
        content = self.message.get_payload(decode=True)
        return content if isinstance(content, bytes) else b""

    @property
    def file_name(self) -> str:
        return decoded(self.message.get_filename() or "")

    @property
    def content_id(self) -> str:
        return str(self.message.get("Content-ID", "")).strip("<> ")

    @property
    def is_body(self) -> bool:
        disposition = self.message.get_content_disposition()
        return self.content_type.startswith("text/") and disposition != "attachment" and not self.file_name

    @property
    def is_inline(self) -> bool:
        return self.message.get_content_disposition() == "inline" or (
            bool(self.content_id) and self.message.get_content_disposition() is None
        )

    def text(self) -> str:
        charset = self.message.get_content_charset() or "utf-8"
        try:
            return self.content.decode(charset, errors="replace")
        except LookupError:
            return self.content.decode(errors="replace")

    def described(self) -> Json:
        return {
            "PartID": self.id,
            "FileName": self.file_name,
            "ContentType": self.content_type,
            "ContentID": self.content_id,
            "Size": len(self.content),
        }


class Mail:
    """Parsed once. `recipients` are those of the SMTP envelope."""

    def __init__(self, raw: bytes, recipients: Sequence[str]) -> None:
        self._raw = raw
        self._recipients = recipients
        self._message = message_from_bytes(raw)
        self._headers = {name.lower(): str(value) for name, value in reversed(list(self._message.raw_items()))}
        self._parts = list(_leaves(self._message, ""))

    @property
    def message_id(self) -> str:
        """Without its angle brackets; empty when it has none."""
        return self._header("message-id").strip("<> \t")

    def summary(self) -> Json:
        """What the list shows, without `ID`, `Read` and `Created`."""
        attached = [part for part in self._parts if not part.is_body and not part.is_inline]
        return {
            "MessageID": self.message_id,
            **self._people(),
            "Subject": self._header("subject"),
            "Tags": [],
            "Size": len(self._raw),
            "Attachments": len(attached),
            "Snippet": self._snippet(),
        }

    def details(self, created: datetime) -> Json:
        """What the message's own page shows, without `ID`."""
        others = [part for part in self._parts if not part.is_body]
        return {
            "MessageID": self.message_id,
            **self._people(),
            "ReturnPath": self._header("return-path").strip("<> "),
            "Subject": self._header("subject"),
            "Date": self._date(created),
            "Tags": [],
            "Text": self._body("text/plain"),
            "HTML": self._body("text/html"),
            "Size": len(self._raw),
            "Inline": [part.described() for part in others if part.is_inline],
            "Attachments": [part.described() for part in others if not part.is_inline],
        }

    def part(self, identity: str) -> Part | None:
        return next((part for part in self._parts if part.id == identity), None)

    def _people(self) -> Json:
        to, cc = self._addresses("to"), self._addresses("cc")
        named = {person["Address"].lower() for person in to + cc}
        senders = self._addresses("from")
        return {
            "From": senders[0] if senders else {"Name": "", "Address": ""},
            "To": to,
            "Cc": cc,
            "Bcc": [{"Name": "", "Address": address} for address in self._recipients if address.lower() not in named],
            "ReplyTo": self._addresses("reply-to"),
        }

    def _addresses(self, name: str) -> list[Json]:
        # Taken apart before it is decoded: a comma inside a name must not make two people of it.
        pairs = getaddresses([self._headers.get(name, "")])
        return [{"Name": decoded(person), "Address": decoded(address)} for person, address in pairs if address]

    def _header(self, name: str) -> str:
        return decoded(self._headers.get(name, ""))

    def _date(self, created: datetime) -> str:
        try:
            return parsedate_to_datetime(self._header("date")).isoformat()
        except ValueError:
            return created.isoformat()

    def _body(self, content_type: str) -> str:
        return next((part.text() for part in self._parts if part.is_body and part.content_type == content_type), "")

    def _snippet(self) -> str:
        text = self._body("text/plain") or _TAG.sub(" ", self._body("text/html"))
        short = _SPACE.sub(" ", text[: 8 * SNIPPET_LENGTH]).strip()
        return short if len(short) <= SNIPPET_LENGTH else short[:SNIPPET_LENGTH] + "..."


def _leaves(message: "Message[str, str]", place: str) -> Iterator[Part]:
    if not message.is_multipart():
        yield Part(place or "0", message)
        return
    for number, child in enumerate(message.get_payload(), 1):
        if isinstance(child, Message):
            yield from _leaves(child, f"{place}.{number}" if place else str(number))
