"""How an operator's wish changes a flag's setting: plain functions over plain data."""

import re
from collections.abc import Iterator

from shared.flags.rules import EVERYONE, Rule, Setting

MAX_MESSAGE = 300
MAX_CONDITION = 320
MAX_RULES = 200
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_HEADER = re.compile(r"[a-z0-9-]+(: .*)?")


class Contradiction(Exception):
    """The wish does not go together with what the flag says now."""


def with_rule(current: Setting | None, on: bool, rule: Rule, *, alone: bool = False) -> Setting:
    """The setting with this rule added, in the place of one for the same people; `alone` drops all others.

    What was the same for everyone gives way to the rule. Raises `Contradiction` when the flag is on for some and this
    would switch it off for others, or the other way round: who is meant by "the rest" would change under their feet.
    """
    if alone or rule.universal or current is None or current.universal:
        return Setting(on, (rule,))
    if current.on != on:
        raise Contradiction(f"it is {_word(current.on)} for some and {_word(not current.on)} for all others by now")
    others = tuple(known for known in current.rules if known.conditions != rule.conditions)
    if len(others) >= MAX_RULES:
        raise Contradiction(f"it has {MAX_RULES} rules, which is the most it can have")
    return Setting(on, (*others, rule))


def without_rule(current: Setting, rule: Rule) -> Setting | None:
    """The setting without the rule for these people; None when no rule is left. Raises `LookupError`."""
    left = tuple(known for known in current.rules if known.conditions != rule.conditions)
    if len(left) == len(current.rules):
        raise LookupError
    return Setting(current.on, left) if left else None


def faults_in(rule: Rule) -> Iterator[tuple[str, str]]:
    """What is wrong with a rule, as (field, sentence) pairs."""
    for name, value in zip(("organiser", "event", "address", "locale", "header"), rule.conditions, strict=True):
        if len(value) > MAX_CONDITION or not value.isprintable():
            yield name, f"give at most {MAX_CONDITION} printable characters"
    if rule.address and "@" not in rule.address:
        yield "address", "give an address, or @example.org for everyone there"
    if rule.header and not _HEADER.fullmatch(rule.header):
        yield "header", "give `Name: value`, or a name for any value"
    if not 0 <= rule.percentage <= EVERYONE:
        yield "percentage", "give a number from 0 to 100"
    if len(rule.message) > MAX_MESSAGE or not rule.message.isprintable():
        yield "message", f"give at most {MAX_MESSAGE} printable characters"


def header_condition(text: str) -> str:
    """As it is compared: the name in small letters, one space after the colon."""
    name, colon, value = text.partition(":")
    return f"{name.strip().lower()}: {value.strip()}" if colon else name.strip().lower()


def _word(on: bool) -> str:
    return "on" if on else "off"
