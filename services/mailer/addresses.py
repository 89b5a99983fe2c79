"""Mail addresses: what may stand in an envelope, and what in a header."""

import re
from dataclasses import dataclass

from shared.values.addresses import BadAddress, envelope

__all__ = ["BadAddress", "Mailbox", "mailbox", "named_mailbox"]

_NAMED = re.compile(r'(?:"(?P<quoted>[^"]*)"|(?P<bare>[^<"]*?))\s*<(?P<address>[^<>]+)>')


@dataclass(frozen=True, slots=True)
class Mailbox:
    """Someone's mail address. `domain` is ASCII (IDNA 2008), `local` may be any script; `name` is for people."""

    local: str
    domain: str
    name: str = ""

    @property
    def address(self) -> str:
        return f"{self.local}@{self.domain}"

    @property
    def needs_smtputf8(self) -> bool:
        return not self.local.isascii()


def mailbox(address: str, name: str = "") -> Mailbox:
    """Read `local@domain`. Raises `BadAddress`.

    >>> mailbox("ada@bücher.example").address
    'ada@xn--bcher-kva.example'
    """
    local, domain = envelope(address)
    return Mailbox(local, domain, name.strip())


def named_mailbox(text: str) -> Mailbox:
    """Read `Name <local@domain>` or a bare address. Raises `BadAddress`.

    >>> named_mailbox("Box Office <tickets@example.org>").name
    'Box Office'
    """
    if not text.isprintable():
        raise BadAddress("a name must be printable, on one line")
    found = _NAMED.fullmatch(text.strip())
    if not found:
        return mailbox(text)
    return mailbox(found["address"], found["quoted"] or found["bare"] or "")
