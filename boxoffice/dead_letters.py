"""Dead letters over all queues: found, put back, dropped."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from shared.bus import Bus, DeadLetter


@dataclass(frozen=True, slots=True)
class Choice:
    """Which letters are meant: those that fit every part that is given."""

    ids: frozenset[str] = frozenset()
    key: str | None = None
    subject: str | None = None

    def fits(self, letter: DeadLetter) -> bool:
        message = letter.message
        return (
            (not self.ids or message.id in self.ids)
            and self.key in (None, message.key)
            and self.subject in (None, message.subject)
        )


async def find(bus: Bus, queues: Sequence[str], choice: Choice, limit: int | None = None) -> list[DeadLetter]:
    """The letters meant, queue by queue, oldest first, at most `limit`.

    Raises `BusUnavailable`, as all here does.
    """
    found: list[DeadLetter] = []
    for state in await bus.status(queues):
        # Over AMQP a look takes the letters from the queue and gives them back: no more of them than wanted.
        wanted = state.dead if limit is None or choice != Choice() else min(state.dead, limit - len(found))
        letters = await bus.dead_letters(state.queue, wanted) if wanted else []
        found += [letter for letter in letters if choice.fits(letter)]
        if limit is not None and len(found) >= limit:
            break
    return found[:limit]


async def replay(bus: Bus, letters: Sequence[DeadLetter]) -> int:
    """How many went back to their queues; another operator may have been quicker with the rest."""
    return await _each(letters, bus.replay)


async def discard(bus: Bus, letters: Sequence[DeadLetter]) -> int:
    """How many are gone for good."""
    return await _each(letters, bus.discard)


async def _each(letters: Sequence[DeadLetter], deed: Callable[[str, str], Awaitable[bool]]) -> int:
    return sum([await deed(letter.queue, letter.message.id) for letter in letters])
