"""How an operator reads flags: in a line, in full, or as JSON."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import msgspec

from boxoffice.failures import CannotStart
from shared.flags.declared import DECLARED, Flag
from shared.flags.rules import EVERYONE, Rule, Setting
from shared.flags.store import Change

NOT_SET = "the code's default"


@dataclass(frozen=True, slots=True)
class Known:
    """A flag that is declared, set, or both."""

    name: str
    declared: Flag | None
    setting: Setting | None
    changed: Change | None


def known_flags(settings: Mapping[str, Setting], changes: Mapping[str, Change]) -> list[Known]:
    return [
        Known(name, DECLARED.get(name), settings.get(name), changes.get(name))
        for name in sorted(DECLARED.keys() | settings.keys())
    ]


def refuse_undeclared(name: str) -> None:
    """A slip of the finger must not look like a switch."""
    if name not in DECLARED:
        raise CannotStart(f"{no_such_flag(name)} Give --undeclared to set it all the same.")


def no_such_flag(name: str) -> str:
    near = get_close_matches(name, DECLARED, 1)
    meant = f" Did you mean {near[0]}?" if near else ""
    return f"nothing reads a flag named {name}.{meant}"


def line(flag: Known) -> str:
    since = f"; {_by(flag.changed)}" if flag.changed else ""
    return f"{flag.name}: {_state(flag)}{since}{'' if flag.declared else '; NOTHING READS IT'}"


def in_full(flag: Known) -> str:
    if flag.declared is None:
        return f"{line(flag)}\nUnset it, or start the version whose code reads it."
    default = _word(flag.declared.default)
    return f"{line(flag)}\n{flag.declared.description} Read by {flag.declared.owner}; {default} unless set."


def change_line(change: Change) -> str:
    why = f" ({change.why})" if change.why else ""
    return f"{_by(change)}: {change.name} {_setting(change.setting)}{why}"


def sentence(name: str, setting: Setting | None) -> str:
    return f"{name} is {_setting(setting) if setting else f'not set: {NOT_SET} holds'}"


def members(flag: Known) -> dict[str, Any]:
    return {
        "name": flag.name,
        "read": flag.declared is not None,
        "default": flag.declared and flag.declared.default,
        "owner": flag.declared and flag.declared.owner,
        "description": flag.declared and flag.declared.description,
        "setting": msgspec.to_builtins(flag.setting),
        "changed": change_members(flag.changed) if flag.changed else None,
    }


def change_members(change: Change) -> dict[str, Any]:
    return {
        "version": change.number,
        "flag": change.name,
        "setting": msgspec.to_builtins(change.setting),
        "at": change.at.isoformat(timespec="seconds"),
        "by": change.by,
        "why": change.why,
    }


def _state(flag: Known) -> str:
    if flag.setting is None and flag.declared:
        return f"{_word(flag.declared.default)} ({NOT_SET})"
    return _setting(flag.setting)


def _setting(setting: Setting | None) -> str:
    """
    >>> _setting(Setting(True, (Rule(event="gala", percentage=10),)))
    'on for 10 % of event gala, off for the rest'
    >>> _setting(Setting(False, (Rule(),)))
    'off'
    """
    if setting is None:
        return "unset"
    told = " and ".join(filter(None, (_rule(rule) for rule in setting.rules)))
    if setting.universal:
        return f"{_word(setting.on)}{told}"
    return f"{_word(setting.on)} for {told}, {_word(not setting.on)} for the rest"


def _rule(rule: Rule) -> str:
    message = f" with “{rule.message}”" if rule.message else ""
    if rule.universal:
        return message
    share = f"{rule.percentage:g} %" if rule.percentage < EVERYONE else ""
    who = " with ".join(_conditions(rule))
    return " of ".join(filter(None, (share, who or (share and "everyone")))) + message


def _conditions(rule: Rule) -> Iterator[str]:
    for name, value in zip(("organiser", "event", "address", "locale", "header"), rule.conditions, strict=True):
        if value:
            yield f"{name} {value}"


def _by(change: Change) -> str:
    return f"{change.at:%Y-%m-%d %H:%M:%S}Z by {change.by}"


def _word(on: bool) -> str:
    return "on" if on else "off"
