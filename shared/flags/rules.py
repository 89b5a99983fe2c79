"""What a flag says to whom: plain functions over plain data.

A setting is on or off, for those whom one of its rules describes; all others get the opposite. A rule
without conditions describes everyone, which makes a flag that is simply on or off.
"""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import msgspec

EVERYONE = 100.0
# So many bits of the hash decide; a float holds them exactly.
_BITS = 48


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Describes those for whom every condition that it has holds.

    `organiser` is a name; `event` an id or a slug; `address` is whole, or `@example.org` for a domain; `locale`
    covers its regions (`de` covers `de-AT`); `header` is `name: value`, or a name for any value, the name in small
    letters; `percentage` is a share of the targeting keys. `message` is what people are told, where the flag has that.
    """

    organiser: str = ""
    event: str = ""
    address: str = ""
    locale: str = ""
    header: str = ""
    percentage: float = EVERYONE
    message: str = ""

    @property
    def universal(self) -> bool:
        return not any(self.conditions) and self.percentage >= EVERYONE

    @property
    def conditions(self) -> tuple[str, ...]:
        """What tells one rule of a flag from another: who is meant, not how many of them, or what they are told."""
        return self.organiser, self.event, self.address, self.locale, self.header


class Setting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`on` for whom one of `rules` describes, the opposite for the rest. There is at least one rule."""

    on: bool
    rules: tuple[Rule, ...]

    @property
    def universal(self) -> bool:
        """The same for everyone."""
        return any(rule.universal for rule in self.rules)


def rule_for(setting: Setting, flag: str, key: str, facts: Mapping[str, Any]) -> Rule | None:
    """The first rule that describes whoever is asked about, or None. `facts` are those that `about` gathers."""
    for rule in setting.rules:
        if describes(rule, flag, key, facts):
            return rule
    return None


def describes(rule: Rule, flag: str, key: str, facts: Mapping[str, Any]) -> bool:
    """A condition on what is not known of someone does not hold."""
    if rule.event and rule.event not in (facts.get("event"), facts.get("event_slug")):
        return False
    if rule.organiser and rule.organiser.casefold() != facts.get("organiser", "").casefold():
        return False
    if rule.address and not _covers_address(rule.address, facts.get("address", "")):
        return False
    if rule.locale and not _covers_locale(rule.locale, facts.get("locale", "")):
        return False
    if rule.header and not _has_header(rule.header, facts.get("headers", {})):
        return False
    return rule.percentage >= EVERYONE or (bool(key) and place(flag, key) < rule.percentage)


def place(flag: str, key: str) -> float:
    """Where from 0 to 100 (exclusive) this key stands for this flag: always in the same place, evenly spread, and
    elsewhere for another flag, so that the same people are not first every time."""
    digest = sha256(f"{flag}\0{key}".encode(errors="surrogatepass")).digest()
    return int.from_bytes(digest[: _BITS // 8]) * 100 / (1 << _BITS)


def _covers_address(wanted: str, address: str) -> bool:
    wanted, address = wanted.casefold(), address.casefold()
    return address.endswith(wanted) if wanted.startswith("@") else address == wanted


def _covers_locale(wanted: str, locale: str) -> bool:
    """By RFC 4647's basic filtering."""
    wanted, locale = wanted.lower(), locale.replace("_", "-").lower()
    return locale == wanted or locale.startswith(f"{wanted}-")


def _has_header(wanted: str, headers: Mapping[str, str]) -> bool:
    name, colon, value = wanted.partition(":")
    given = headers.get(name.strip())
    return given is not None and (not colon or given.strip() == value.strip())
