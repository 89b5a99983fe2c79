"""Tries the ways to a server in order and takes the first that can be had."""

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


class NotHere(Exception):
    """This way can't be had on this machine; says why. The next one is tried."""


class NoServer(Exception):
    """No way can be had, or the one that was asked for does not work; says what to do."""


@dataclass(frozen=True, slots=True)
class Way(Generic[T]):
    """`start` gives the running server and pushes what ends it on the stack.

    It raises `NotHere` or `TimeoutError` to pass the turn on, `NoServer` to end the search.
    """

    name: str
    start: Callable[[AsyncExitStack], Awaitable[T]]


@dataclass(frozen=True, slots=True)
class Found(Generic[T]):
    """A running server, the way that led to it, and why each way before it did not."""

    kind: str
    server: T
    way: str
    passed_over: tuple[str, ...]

    def __str__(self) -> str:
        return "\n".join([f"{self.kind}: {self.way}", *(f"    passed over {reason}" for reason in self.passed_over)])


async def first_of(kind: str, ways: Sequence[Way[T]], parts: AsyncExitStack) -> Found[T]:
    """The first way that can be had; its server ends with `parts`. Raises `NoServer` with every way's reason."""
    passed_over: list[str] = []
    for way in ways:
        try:
            async with AsyncExitStack() as own:
                server = await way.start(own)
                await parts.enter_async_context(own.pop_all())
                return Found(kind, server, way.name, tuple(passed_over))
        except (NotHere, TimeoutError) as reason:
            passed_over.append(f"{way.name}: {reason}")
    raise NoServer(f"{kind} is needed and can't be had.\n" + "\n".join(f"  - {line}" for line in passed_over))
