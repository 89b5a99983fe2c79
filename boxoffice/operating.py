"""The operator's commands: `boxoffice queues` and `boxoffice dead-letters`, on every transport.

Exit codes: 0 done, 1 the broker is away or there is no such letter, 2 wrong usage.
"""

import asyncio
import json
import logging
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from boxoffice.failures import CannotStart, WrongUsage

if TYPE_CHECKING:
    from rich.console import RenderableType

    from boxoffice.dead_letters import Choice
    from boxoffice.unfinished import Unfinished
    from shared.bus import Bus, DeadLetter

T = TypeVar("T")

PIPE_WIDTH = 200

Queues = Annotated[
    list[str] | None, typer.Option("--queue", metavar="QUEUE", help="only this one; may be repeated [default: all]")
]
AsJson = Annotated[bool, typer.Option("--json", help="for programs")]
Key = Annotated[str | None, typer.Option(metavar="KEY", help="those of this routing key, such as order.placed.v1")]
Subject = Annotated[str | None, typer.Option(metavar="NUMBER", help="those about this order")]
Ids = Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="the messages' ids")]
Everything = Annotated[bool, typer.Option("--all", help="every one")]

dead_letters = typer.Typer(help="Look at messages that were given up on, put them back or drop them.")


@dead_letters.callback(invoke_without_command=True)
def overview(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def queues(queue: Queues = None, as_json: AsJson = False) -> None:
    """Show how each queue stands: ready, in flight, waiting for a retry, dead, age of the oldest.

    And what stands still elsewhere: messages that could not be published, and why, and orders that wait for their
    tickets or their mail for more than two minutes.
    """
    from rich.console import Group

    from boxoffice import operators_view as view
    from boxoffice import unfinished_view

    states = _with_bus(lambda bus: bus.status(_names(queue)))
    found = None if queue else _unfinished()
    members = [view.queue_members(state) for state in states] + (unfinished_view.members(found) if found else [])

    def shown(width: int) -> "RenderableType":
        table = view.queue_table(states, width)
        return Group(table, unfinished_view.lines(found)) if found else table

    _say(members, as_json, shown)


def _unfinished() -> "Unfinished | None":
    from boxoffice.unfinished import unfinished
    from shared.settings import Settings, load

    try:
        return asyncio.run(unfinished(load(Settings).database))
    except CannotStart as error:
        typer.echo(f"boxoffice: {error}, so outboxes and orders are not in this", err=True)
        return None


@dead_letters.command("list")
def list_(
    queue: Queues = None,
    key: Key = None,
    subject: Subject = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="at most so many")] = 100,
    as_json: AsJson = False,
) -> None:
    """List dead letters, oldest first in each queue; without their content."""
    from boxoffice import operators_view as view
    from boxoffice.dead_letters import Choice, find

    letters = _with_bus(lambda bus: find(bus, _names(queue), Choice(key=key, subject=subject), limit))
    _say([view.letter_members(letter) for letter in letters], as_json, lambda _: view.letter_lines(letters))


@dead_letters.command()
def show(
    message_id: Annotated[str, typer.Argument(metavar="ID")],
    queue: Queues = None,
    body: Annotated[
        bool, typer.Option("--body", help="with the content: it holds people's names and addresses")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show one dead letter: why, after how many attempts, where it was raised."""
    from boxoffice import operators_view as view
    from boxoffice.dead_letters import Choice, find

    letters = _with_bus(lambda bus: find(bus, _names(queue), Choice(ids=frozenset([message_id]))))
    _refuse_none(letters, [message_id])
    members = [view.letter_members(letter, whole=True, body=body) for letter in letters]
    _say(members, as_json, lambda _: view.letters_in_full(members))


@dead_letters.command()
def replay(
    ids: Ids = None,
    queue: Queues = None,
    key: Key = None,
    subject: Subject = None,
    everything: Everything = False,
    as_json: AsJson = False,
) -> None:
    """Put dead letters back at the end of their queues, with a fresh count of attempts."""
    from boxoffice.dead_letters import find
    from boxoffice.dead_letters import replay as put_back

    choice = _choice(ids, key, subject, everything)

    async def work(bus: "Bus") -> int:
        letters = await find(bus, _names(queue), choice)
        _refuse_none(letters, ids)
        return await put_back(bus, letters)

    count = _with_bus(work)
    typer.echo(json.dumps({"replayed": count}) if as_json else f"{_letters(count)} put back")


@dead_letters.command()
def discard(
    ids: Ids = None,
    queue: Queues = None,
    key: Key = None,
    subject: Subject = None,
    everything: Everything = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="don't ask")] = False,
    as_json: AsJson = False,
) -> None:
    """Drop dead letters for good."""
    from boxoffice.dead_letters import discard as drop
    from boxoffice.dead_letters import find

    choice = _choice(ids, key, subject, everything)
    if not yes and not sys.stdin.isatty():
        raise WrongUsage("this can't be undone, and nobody is there to ask: add --yes")

    async def work(bus: "Bus") -> int:
        letters = await find(bus, _names(queue), choice)
        _refuse_none(letters, ids)
        if letters and not yes:
            typer.confirm(f"Drop {_letters(len(letters))} for good?", abort=True, err=True)
        return await drop(bus, letters)

    count = _with_bus(work)
    typer.echo(json.dumps({"discarded": count}) if as_json else f"{_letters(count)} dropped")


def _choice(ids: list[str] | None, key: str | None, subject: str | None, everything: bool) -> "Choice":
    from boxoffice.dead_letters import Choice

    named = bool(ids or key is not None or subject is not None)
    if named == everything:
        raise WrongUsage("say which: ids, --key, --subject, or --all alone")
    return Choice(frozenset(ids or ()), key, subject)


def _refuse_none(letters: "list[DeadLetter]", ids: list[str] | None) -> None:
    """An id that is not there is a mistake worth telling before anything is done."""
    if missing := sorted(set(ids or ()) - {letter.message.id for letter in letters}):
        raise CannotStart(f"no dead letter has the id {', '.join(missing)}. See `boxoffice dead-letters list`.")


def _letters(count: int) -> str:
    return f"{count} dead letter{'' if count == 1 else 's'}"


def _names(queues: list[str] | None) -> list[str]:
    from shared.bus.checking import check_names
    from shared.queues import QUEUES

    for queue in queues or ():
        try:
            check_names(queue, ())
        except ValueError as error:
            raise WrongUsage(str(error)) from None
    return list(dict.fromkeys(queues or QUEUES))


def _with_bus(work: "Callable[[Bus], Awaitable[T]]") -> T:
    from boxoffice.cli import use_running_postgres

    async def run() -> T:
        async with _bus() as bus:
            found = await work(bus)
            _tell_what_is_missing(bus)
            return found

    use_running_postgres()
    return asyncio.run(run())


def _tell_what_is_missing(bus: "Bus") -> None:
    from shared.bus.clusters import ClustersBus

    for name in sorted(bus.unasked) if isinstance(bus, ClustersBus) else ():
        typer.echo(f"boxoffice: {name} can't be asked, so what it holds is not in this", err=True)


@asynccontextmanager
async def _bus() -> "AsyncIterator[Bus]":
    from shared.bus import BadBrokerUrl, BusUnavailable, connect
    from shared.settings import BadSettings, Settings, load
    from shared.telemetry import configure_logs

    # What goes wrong is told once, by us; libraries log it as often as they try.
    configure_logs("operator", "console", "error")
    logging.disable()
    try:
        bus = await connect(load(Settings).broker, source="operator")
        try:
            yield bus
        finally:
            await bus.close()
    except (BadSettings, BadBrokerUrl) as error:
        raise WrongUsage(str(error)) from None
    except BusUnavailable as error:
        raise CannotStart(f"the broker can't be asked: {error}") from error


def _say(members: list[dict[str, Any]], as_json: bool, shown: "Callable[[int], RenderableType]") -> None:
    if as_json:
        typer.echo(json.dumps(members, indent=2, ensure_ascii=False))
        return
    from rich.console import Console

    # Long lines are the terminal's to wrap, so that what is copied is whole; a pipe has no width.
    console = Console(highlight=False, soft_wrap=True)
    console.print(shown(console.width if console.is_terminal else PIPE_WIDTH))
