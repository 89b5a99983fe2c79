"""One broker of several."""

import asyncio
from dataclasses import dataclass, field
from typing import Protocol

from shared.bus.protocol import Bus, BusError, BusUnavailable, Refused


class Single(Bus, Protocol):
    """The bus of one broker."""

    async def takes_messages(self) -> bool:
        """Whether the broker would take a message now; asked without sending one that anybody gets to see."""


@dataclass(slots=True)
class Cluster:
    """`name` is for logs. `consumed` is False for a balancer, which leads to a cluster that stands in the list itself.

    `aside` is set while it is put aside: it failed, and has not yet answered since.
    """

    name: str
    bus: Single
    consumed: bool = True
    aside: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def in_service(self) -> bool:
        return not self.aside.is_set()


def is_outage(outcome: BusError | None) -> bool:
    """Whether the broker itself failed, rather than being unwilling to take this one message."""
    return isinstance(outcome, BusUnavailable) and not isinstance(outcome, Refused)
