"""The name we give ourselves to the mail server: many refuse one that can be nobody's."""

import re
from collections.abc import Callable

# RFC 5321 section 4.1.3, for who has no name.
LOOPBACK = "[127.0.0.1]"
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_FULL_NAME = re.compile(rf"(?:{_LABEL}\.)+{_LABEL}|\[(?:\d{{1,3}}(?:\.\d{{1,3}}){{3}}|IPv6:[0-9A-Fa-f:.]+)\]")
_NOBODYS = (".localdomain", ".arpa")


def is_full_name(name: str) -> bool:
    """Whether it can be said in EHLO: a name of several labels, or an address literal.

    >>> is_full_name("mail.example.org"), is_full_name("[192.0.2.1]"), is_full_name("localhost")
    (True, True, False)
    """
    return len(name) <= 253 and bool(_FULL_NAME.fullmatch(name))


def full_name(sender_domain: str, own_name: Callable[[], str]) -> str:
    """The sender's domain if it is a full name, else this machine's, else an address literal.

    >>> full_name("localhost", lambda: "build-7"), full_name("example.org", lambda: "build-7")
    ('[127.0.0.1]', 'example.org')
    """
    if is_full_name(sender_domain):
        return sender_domain
    own = own_name()
    return own if is_full_name(own) and not own.endswith(_NOBODYS) else LOOPBACK
