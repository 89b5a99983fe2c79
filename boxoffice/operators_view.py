"""How queues and dead letters are shown, to people and to programs."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from rich import box
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from shared.bus import DeadLetter, QueueStatus

UNKNOWN = "–"
# With queue names of 30 characters.
TABLE_WIDTH = 76


def queue_members(state: QueueStatus) -> dict[str, Any]:
    """`oldest_seconds` is null when nothing is ready, or the transport can't tell."""
    return {
        "kind": "queue",
        "queue": state.queue,
        "ready": state.ready,
        "in_flight": state.in_flight,
        "waiting": state.waiting,
        "dead": state.dead,
        "oldest_seconds": None if state.oldest is None else round(state.oldest.total_seconds(), 3),
    }


def queue_table(states: Sequence[QueueStatus], width: int) -> RenderableType:
    """A table, or two lines a queue where `width` characters are too few for it."""
    if width < TABLE_WIDTH:
        return Group(*(_stacked(state) for state in states))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("Queue", no_wrap=True)
    for name in ("Ready", "In flight", "Waiting", "Dead", "Oldest"):
        table.add_column(name, justify="right", no_wrap=True)
    for state in states:
        counts = (str(count) for count in (state.ready, state.in_flight, state.waiting))
        table.add_row(state.queue, *counts, _dead(state), age(state.oldest))
    return table


def letter_members(letter: DeadLetter, *, whole: bool = False, body: bool = False) -> dict[str, Any]:
    """Without a person's data, unless asked for the `body`; `whole` adds the traceback's last lines."""
    members = {
        "id": letter.message.id,
        "key": letter.message.key,
        "subject": letter.message.subject,
        "queue": letter.queue,
        "attempts": letter.attempts,
        "died_at": letter.died_at.isoformat(timespec="seconds"),
        "reason": letter.reason if whole else letter.reason.partition("\n")[0],
    }
    return members | ({"body": letter.message.body.decode(errors="replace")} if body else {})


def letter_lines(letters: Sequence[DeadLetter]) -> RenderableType:
    """Two lines a letter, so that ids stay whole, to be copied."""
    if not letters:
        return Text("no dead letters")
    lines = []
    for shown in map(letter_members, letters):
        where = f"  {shown['queue']}  {shown['subject']}  {shown['died_at']}  attempts: {shown['attempts']}"
        lines += [Text.assemble((shown["id"], "bold"), where), Text(f"    {shown['reason']}", style="dim")]
    return Group(*lines)


def letters_in_full(letters: Sequence[dict[str, Any]]) -> RenderableType:
    lines = [
        Text.assemble((f"{name:<9}", "dim"), str(value).replace("\n", "\n" + " " * 9))
        for letter in letters
        for name, value in letter.items()
    ]
    return Group(*lines)


def age(oldest: timedelta | None) -> str:
    """The two greatest units: `3 d 4 h`, `5 min 2 s`, `7 s`."""
    if oldest is None:
        return UNKNOWN
    parts: list[str] = []
    left = int(oldest.total_seconds())
    for unit, seconds in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        if (count := left // seconds) or (unit == "s" and not parts):
            parts.append(f"{count} {unit}")
        left %= seconds
    return " ".join(parts[:2])


def _stacked(state: QueueStatus) -> Text:
    counts = f"ready {state.ready}, in flight {state.in_flight}, waiting {state.waiting}, dead "
    return Text.assemble((state.queue, "bold"), "\n  ", counts, _dead(state), f", oldest {age(state.oldest)}")


def _dead(state: QueueStatus) -> Text:
    return Text(str(state.dead), style="bold red" if state.dead else "")
