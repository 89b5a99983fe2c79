"""E-mail addresses: which can stand in an envelope at all, and of these which buyers may give."""

import re
from functools import lru_cache

import email_validator
import idna

# RFC 5321, section 4.5.3.1, and RFC 3696 with its erratum 1690; in octets.
MAX_LOCAL, MAX_DOMAIN, MAX_ADDRESS = 64, 253, 254

# RFC 5322 section 3.2.3, and what RFC 6531 adds to it: anything beyond ASCII that is not a control.
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u00a1-\u2027\u202f-\ud7ff\uf900-\U0010ffff]+"
_LOCAL = re.compile(rf'(?:{_ATOM}(?:\.{_ATOM})*|"[ !#-\[\]-~]+")')
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.\-]*[A-Za-z0-9])?|\[[0-9A-Fa-f.:IPv]+\]")
# What needs no thought; capitals, quotes and the rest of RFC 5322's local parts are left to the library.
_PLAIN_LOCAL = re.compile(r"(?=.{1,64}$)[a-z0-9_+-]+(\.[a-z0-9_+-]+)*")


class BadAddress(ValueError):
    """No mail can be addressed so; the message is for the person who typed it."""


def envelope(address: str) -> tuple[str, str]:
    """Local part and domain as they stand in an envelope, the domain in ASCII (IDNA 2008). Raises `BadAddress`.

    >>> envelope("ada@bücher.example")
    ('ada', 'xn--bcher-kva.example')
    """
    local, at, domain = address.strip().rpartition("@")
    if not at or not _LOCAL.fullmatch(local):
        raise BadAddress("what stands before the @ is no mailbox")
    if len(local.encode()) > MAX_LOCAL:
        raise BadAddress(f"what stands before the @ is longer than {MAX_LOCAL} bytes")
    domain = _ascii(domain)
    if len(local.encode()) + 1 + len(domain) > MAX_ADDRESS:
        raise BadAddress(f"it is longer than {MAX_ADDRESS} bytes")
    return local, domain


def buyers_address(value: str) -> str:
    """The form in which it is mailed: ASCII, at a full domain. Raises `ValueError`.

    Whatever it gives is good for `envelope`, and so for the mailer.
    """
    local, at, domain = value.partition("@")
    plain = at and _PLAIN_LOCAL.fullmatch(local)
    address = f"{local}@{_checked_domain(domain)}" if plain else ""
    return address if plain and len(address) <= MAX_ADDRESS else _checked(value)


@lru_cache(maxsize=10_000)
def _checked_domain(domain: str) -> str:
    """Most buyers share a few domains: each is checked once."""
    return _checked(f"someone@{domain}").rpartition("@")[2]


def _checked(value: str) -> str:
    try:
        checked = email_validator.validate_email(
            value, check_deliverability=False, allow_smtputf8=False, globally_deliverable=False
        )
        address = checked.ascii_email or checked.normalized
        envelope(address)
    except (email_validator.EmailNotValidError, BadAddress) as error:
        raise ValueError(f"This is no e-mail address that tickets can be sent to: {error}") from None
    if "." not in checked.domain:
        raise ValueError("The part after the @ must be a full domain, like example.org.")
    return address


def _ascii(domain: str) -> str:
    try:
        ascii_domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
    except idna.IDNAError as error:
        raise BadAddress(f"what stands after the @ is no domain: {error}") from error
    if len(ascii_domain) > MAX_DOMAIN or not _DOMAIN.fullmatch(ascii_domain):
        raise BadAddress("what stands after the @ is no domain")
    return ascii_domain
