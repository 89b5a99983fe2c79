"""What many read at once, made one by one: what can't be shown is left out, and spoils nothing for the rest."""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeVar

import structlog

log = structlog.get_logger()

T = TypeVar("T")
S = TypeVar("S")

# So many are remembered as told of; the next one that can't be shown is told of again.
REMEMBERED = 1000


def each_shown(things: Iterable[T], show: Callable[[T], S], name: Callable[[T], object]) -> list[S]:
    """What `show` makes of each. One that it fails at is left out, and logged by its `name`, once a process."""
    shown = []
    for thing in things:
        try:
            shown.append(show(thing))
        except Exception as error:
            _tell_once(type(thing).__name__, str(name(thing)), type(error).__name__)
    return shown


@lru_cache(maxsize=REMEMBERED)
def _tell_once(kind: str, identity: str, error: str) -> None:
    log.error("list.left-out", kind=kind, id=identity, error=error)
