"""All flags at one moment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec
import structlog

from shared.flags.rules import Setting

log = structlog.get_logger()

_setting = msgspec.json.Decoder(Setting).decode


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """`version` names it; -1 is that of a process which has yet to reach the database.

    `answers` are those that depend on nobody, kept by flag as the state's own: it is replaced, never changed.
    `by_address`: a rule looks at who is signed in, so that it is worth finding out.
    """

    version: int = -1
    settings: Mapping[str, Setting] = field(default_factory=dict)
    answers: dict[str, object] = field(default_factory=dict)
    by_address: bool = field(init=False)

    def __post_init__(self) -> None:
        rules = (rule for setting in self.settings.values() for rule in setting.rules)
        object.__setattr__(self, "by_address", any(rule.address for rule in rules))


def read_state(version: int, stored: Iterable[tuple[str, str]]) -> State:
    """From names and settings in JSON. One that can't be read counts as not set, so that the code's default holds: an
    older process must not take a newer one's rule for a wider one."""
    settings = {}
    for name, text in stored:
        try:
            settings[name] = _setting(text)
        except msgspec.DecodeError as error:
            log.warning("flags.unreadable", flag=name, error=str(error))
    return State(version, settings)
