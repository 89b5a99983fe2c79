"""Waits between tries to reach a broker that is away."""

import random
from collections.abc import Callable, Iterator


def waits(first: float, most: float, roll: Callable[[], float] = random.random) -> Iterator[float]:
    """Seconds before each next try, without end: doubling from `first` up to `most`.

    Each is drawn from its upper half, so that many processes don't come back in step.
    """
    ceiling = first
    while True:
        yield ceiling * (1 + roll()) / 2
        ceiling = min(ceiling * 2, most)
