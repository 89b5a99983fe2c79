"""What a fault is."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

Seconds = float


@dataclass(frozen=True, slots=True)
class Fault:
    """`strike` does it for so many seconds and heals it.

    `touches` names what is not itself meanwhile, for whoever judges: `database` (answers late, wrongly or not at
    all), `smtp-line` (what the mail server said may not have arrived), `emptied` (the broker lost what it had
    confirmed).
    """

    name: str
    strike: Callable[[Seconds], Awaitable[object]]
    touches: tuple[str, ...] = ()
