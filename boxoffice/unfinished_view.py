"""How outboxes and unfulfilled orders are shown, to people and to programs."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from boxoffice.operators_view import age
from boxoffice.unfinished import OutboxStatus, Unfinished
from services.orders.store.unfulfilled import AGES, WAITED_FOR, Unfulfilled

AGES_IN_WORDS = {"2m": "over 2 min", "10m": "over 10 min", "1h": "over 1 h", "1d": "over 1 d"}


def members(found: Unfinished) -> list[dict[str, Any]]:
    """With all that a queue has, in the same sense, so that a program may treat them as queues: `kind` tells them
    apart. What can never be sent is `dead`."""
    return [_outbox_members(state) for state in found.outboxes] + [
        _orders_members(what, [one for one in found.orders if one.waits_for == what]) for what in WAITED_FOR
    ]


def lines(found: Unfinished) -> RenderableType:
    """Nothing where nothing stands still."""
    said = [line for state in found.outboxes for line in _outbox_lines(state)]
    said += [line for what in WAITED_FOR for line in _orders_lines(what, found.orders)]
    return Group(*said)


def _outbox_members(state: OutboxStatus) -> dict[str, Any]:
    reasons = [
        {"reason": one.reason, "key": one.key, "count": one.count, "unsendable": one.unsendable}
        for one in state.reasons
    ]
    return {
        "kind": "outbox",
        "queue": f"{state.service}.outbox",
        "ready": state.ready,
        "in_flight": state.leased,
        "waiting": state.parked,
        "dead": state.unsendable,
        "oldest_seconds": _seconds(state.oldest),
        "reasons": reasons,
    }


def _orders_members(what: str, found: Sequence[Unfulfilled]) -> dict[str, Any]:
    return {
        "kind": "orders",
        "queue": f"orders.waiting-for-{what.replace(' ', '-')}",
        "ready": 0,
        "in_flight": 0,
        "waiting": sum(one.count for one in found),
        "dead": 0,
        "oldest_seconds": _seconds(max((one.oldest for one in found), default=None)),
        "ages": {age: sum(one.count for one in found if one.age == age) for age in AGES},
    }


def _outbox_lines(state: OutboxStatus) -> Iterator[Text]:
    if not state.parked and not state.unsendable:
        return
    count, oldest = state.parked + state.unsendable, age(state.oldest)
    yield Text.assemble(
        (f"{state.service}: ", "bold"), f"{_counted(count, 'message')} could not be published, the oldest for {oldest}"
    )
    for reason in state.reasons:
        never = ", and never can be as it is" if reason.unsendable else ""
        yield Text(f"    {reason.count} × {reason.key}{never}: {reason.reason}", style="dim")


def _orders_lines(what: str, found: Sequence[Unfulfilled]) -> Iterator[Text]:
    here = sorted((one for one in found if one.waits_for == what), key=lambda one: AGES.index(one.age), reverse=True)
    if not here:
        return
    by_age = ", ".join(
        f"{sum(one.count for one in ones)} {AGES_IN_WORDS[name]}" for name, ones in groupby(here, lambda one: one.age)
    )
    count = sum(one.count for one in here)
    told = f"{_counted(count, 'order')} {'waits for its' if count == 1 else 'wait for their'} {what}"
    yield Text.assemble((told, "bold"), f": {by_age}")


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _seconds(oldest: timedelta | None) -> float | None:
    return None if oldest is None else round(oldest.total_seconds(), 3)
