"""Waiting for a condition, in place of sleeping for a guess."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

T = TypeVar("T")

PAUSE_SECONDS = 0.05


async def eventually(
    check: Callable[[], Awaitable[T]], within: float = 20.0, ignoring: tuple[type[Exception], ...] = ()
) -> T:
    """The first truthy answer of `check`; an error in `ignoring` counts as "not yet".

    Raises `TimeoutError` with the last answer or error after `within` seconds.
    """
    deadline = time.monotonic() + within
    while True:
        try:
            answer = await check()
            if answer:
                return answer
            last: object = answer
        except ignoring as error:
            last = error
        if time.monotonic() > deadline:
            raise TimeoutError(f"still {last!r} after {within:g} s")
        await asyncio.sleep(PAUSE_SECONDS)
