"""Mail addresses: what may stand in an envelope, and what in a header."""

import re
from dataclasses import dataclass

import idna

# RFC 5322 section 3.2.3, and what RFC 6531 adds to it: anything beyond ASCII that is not a control.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u00a1-\u2027\u202f-\ud7ff\uf900-\U0010ffff]+"
_LOCAL = re.compile(rf'(?:{_ATOM}(?:\.{_ATOM})*|"[ !#-\[\]-~]+")')
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?|\[[0-9A-Fa-f.:IPv]+\]")
_NAMED = re.compile(r'(?:"(?P<quoted>[^"]*)"|(?P<bare>[^<"]*?))\s*<(?P<address>[^<>]+)>')


class BadAddress(ValueError):
    """No mail can be addressed so; the message is for the person who typed it."""


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
    local, at, domain = address.strip().rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or len(local.encode()) > 64:
        raise BadAddress("what stands before the @ is no mailbox")
    return Mailbox(local, _ascii(domain), name.strip())


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


def _ascii(domain: str) -> str:
    try:
        ascii_domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as error:
        raise BadAddress(f"what stands after the @ is no domain: {error}") from error
    if len(ascii_domain) > 253 or not _DOMAIN.fullmatch(ascii_domain):
        raise BadAddress("what stands after the @ is no domain")
    return ascii_domain
