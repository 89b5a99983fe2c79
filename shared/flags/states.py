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
    """

    version: int = -1
    settings: Mapping[str, Setting] = field(default_factory=dict)
    answers: dict[str, object] = field(default_factory=dict)


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
