"""`boxoffice flags`: feature flags, looked at and changed while everything runs.

Every process follows within a second. Exit codes: 0 done, 1 the database is away or the wish can't be
fulfilled, 2 wrong usage.
"""

import asyncio
import getpass
import json
from collections.abc import Awaitable, Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from boxoffice.failures import CannotStart, WrongUsage

if TYPE_CHECKING:
    import asyncpg

    from shared.flags.rules import Rule, Setting

T = TypeVar("T")

MAX_WORDS = 200


class Switch(StrEnum):
    ON = "on"
    OFF = "off"


Name = Annotated[str, typer.Argument(metavar="FLAG", help="`boxoffice flags list` has them")]
Organiser = Annotated[str, typer.Option(metavar="NAME", help="for this organiser")]
Event = Annotated[str, typer.Option(metavar="EVENT", help="for this event, by slug or id")]
Address = Annotated[str, typer.Option(metavar="ADDRESS", help="for who signed in so; @example.org is everyone there")]
Locale = Annotated[str, typer.Option(metavar="LOCALE", help="for this language, such as de or pt-BR")]
Header = Annotated[str, typer.Option(metavar="'NAME: VALUE'", help="for requests that carry it; NAME for any value")]
Percentage = Annotated[float, typer.Option(metavar="NUMBER", help="for so many in a hundred, always the same ones")]
Message = Annotated[str, typer.Option(metavar="TEXT", help="what people are told, where the flag has that")]
By = Annotated[str, typer.Option(metavar="NAME", help="who changes it [default: the user of this machine]")]
Why = Annotated[str, typer.Option(metavar="TEXT", help="kept in the history")]
AsJson = Annotated[bool, typer.Option("--json", help="for programs")]

app = typer.Typer(help="Feature flags: what is on for whom, changed while everything runs.")


@app.callback(invoke_without_command=True)
def overview(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """List every flag: for whom it is on, who changed it last, and which ones nothing reads."""
    from boxoffice import flags_view as view
    from shared.flags import store

    async def work(held: "asyncpg.Connection") -> "list[view.Known]":
        return view.known_flags((await store.state(held)).settings, await store.last_changes(held))

    found = _in_flags(work)
    told = [view.members(flag) for flag in found]
    typer.echo(json.dumps(told, indent=2, ensure_ascii=False) if as_json else "\n".join(map(view.line, found)))


@app.command()
def show(flag: Name, as_json: AsJson = False) -> None:
    """Show one flag: what it is for, for whom it is on, and its last changes."""
    from boxoffice import flags_view as view
    from shared.flags import store

    async def work(held: "asyncpg.Connection") -> "tuple[list[view.Known], list[store.Change]]":
        state, last = await store.state(held), await store.last_changes(held)
        return view.known_flags(state.settings, last), await store.history(held, flag, 5)

    found, changes = _in_flags(work)
    known = next((one for one in found if one.name == flag), None)
    if known is None:
        raise CannotStart(view.no_such_flag(flag))
    if as_json:
        told = view.members(known) | {"history": [view.change_members(change) for change in changes]}
        typer.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    typer.echo("\n".join([view.in_full(known), *map(view.change_line, changes)]))


@app.command("set")
def set_(
    flag: Name,
    switch: Annotated[Switch, typer.Argument(metavar="on|off", help="for whom the options describe, else for all")],
    organiser: Organiser = "",
    event: Event = "",
    address: Address = "",
    locale: Locale = "",
    header: Header = "",
    percentage: Percentage = 100,
    message: Message = "",
    only: Annotated[bool, typer.Option("--only", help="for these alone: forget the flag's other rules")] = False,
    undeclared: Annotated[bool, typer.Option("--undeclared", help="though nothing reads it (yet)")] = False,
    by: By = "",
    why: Why = "",
) -> None:
    """Set a flag on or off, for everyone or for some.

    Options together describe those for whom all of them hold; a second `set` adds others.
    """
    from boxoffice import flags_view as view
    from shared.flags.changing import Contradiction, with_rule

    if not undeclared:
        view.refuse_undeclared(flag)
    rule = _rule(organiser, event, address, locale, header, percentage, message)
    on = switch is Switch.ON

    def change(current: "Setting | None") -> "Setting | None":
        try:
            return with_rule(current, on, rule, alone=only)
        except Contradiction as error:
            raise CannotStart(f"{flag}: {error}. Give --only to set it {switch} for these alone.") from None

    typer.echo(view.sentence(flag, _change(flag, change, by, why)))


@app.command()
def unset(
    flag: Name,
    organiser: Organiser = "",
    event: Event = "",
    address: Address = "",
    locale: Locale = "",
    header: Header = "",
    by: By = "",
    why: Why = "",
) -> None:
    """Forget what is set: for those whom the options describe, or all of it, so that the code's default holds."""
    from boxoffice import flags_view as view
    from shared.flags.changing import without_rule

    rule = _rule(organiser, event, address, locale, header, 100, "")

    def change(current: "Setting | None") -> "Setting | None":
        if current is None:
            raise CannotStart(f"{flag} is not set. See `boxoffice flags list`.")
        try:
            return without_rule(current, rule) if any(rule.conditions) else None
        except LookupError:
            raise CannotStart(f"{flag} has no rule for just these. See `boxoffice flags show {flag}`.") from None

    typer.echo(view.sentence(flag, _change(flag, change, by, why)))


@app.command()
def history(
    flag: Annotated[str | None, typer.Argument(metavar="[FLAG]", help="only this one's")] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="at most so many")] = 50,
    as_json: AsJson = False,
) -> None:
    """List who changed what when, and why, newest first."""
    from boxoffice import flags_view as view
    from shared.flags import store

    changes = _in_flags(lambda held: store.history(held, flag, limit))
    told = [view.change_members(change) for change in changes]
    typer.echo(json.dumps(told, indent=2, ensure_ascii=False) if as_json else "\n".join(map(view.change_line, changes)))


def _rule(
    organiser: str, event: str, address: str, locale: str, header: str, percentage: float, message: str
) -> "Rule":
    from shared.flags.changing import faults_in, header_condition
    from shared.flags.rules import Rule

    rule = Rule(
        organiser=organiser.strip(),
        event=event.strip(),
        address=address.strip(),
        locale=locale.strip(),
        header=header_condition(header),
        percentage=percentage,
        message=message.strip(),
    )
    if faults := list(faults_in(rule)):
        raise WrongUsage("\n".join(f"--{field}: {what}" for field, what in faults))
    return rule


def _change(flag: str, change: "Callable[[Setting | None], Setting | None]", by: str, why: str) -> "Setting | None":
    """What the flag says now, known to everyone who follows."""
    from shared.flags import store

    author, reason = _words("--by", by or getpass.getuser()), _words("--why", why)

    async def work(held: "asyncpg.Connection") -> "Setting | None":
        async with held.transaction():
            setting = change(await store.lock(held, flag))
            number = await store.save(held, flag, setting, author, reason)
        await store.announce(held, number)
        return setting

    return _in_flags(work)


def _words(option: str, text: str) -> str:
    if len(text) > MAX_WORDS or not text.isprintable():
        raise WrongUsage(f"{option}: give at most {MAX_WORDS} printable characters")
    return text.strip()


def _in_flags(work: "Callable[[asyncpg.Connection], Awaitable[T]]") -> T:
    from boxoffice.cli import use_running_postgres
    from boxoffice.schemas import session
    from shared.settings import BadSettings, Settings, load

    use_running_postgres()
    try:
        settings = load(Settings)
    except BadSettings as error:
        raise WrongUsage(str(error)) from None

    async def run() -> T:
        async with session(settings.flags, "flags") as held:
            return await work(held)

    return asyncio.run(run())
