"""`boxoffice mails`: those that may have gone before a backup was restored, and what is decided about them.

Exit codes: 0 done, 1 the database is away or there is no such mail, 2 wrong usage.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from boxoffice.failures import CannotStart, WrongUsage

if TYPE_CHECKING:
    import asyncpg

    from services.mailer.mails import MailKey
    from services.mailer.settings import MailerSettings

T = TypeVar("T")

BATCH = 1000

Numbers = Annotated[list[str] | None, typer.Argument(metavar="[NUMBER]...", help="the orders' confirmation numbers")]
Everything = Annotated[bool, typer.Option("--all", help="every one")]
AsJson = Annotated[bool, typer.Option("--json", help="for programs")]

app = typer.Typer(help="Mails that a restored backup holds back: look at them, send them, or note that they went.")


@app.callback(invoke_without_command=True)
def overview(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command("in-doubt")
def in_doubt(
    addresses: Annotated[bool, typer.Option("--addresses", help="with whom each is to")] = False,
    as_json: AsJson = False,
) -> None:
    """List the mails that may have gone since the backup, with the Message-ID that a mail server's log has of them."""
    from services.mailer import store

    settings = _settings()
    found = _in_mailer(settings, store.in_doubt)
    members = [_members(key, settings.sender.domain, addresses) for key in found]
    if as_json:
        typer.echo(json.dumps(members, indent=2))
        return
    for shown in members:
        typer.echo("  ".join(str(shown[name]) for name in shown if name != "revision"))
    if not members:
        typer.echo("no mail is in doubt")


@app.command()
def send(numbers: Numbers = None, everything: Everything = False, as_json: AsJson = False) -> None:
    """Have them sent: nobody got them, or may get them twice."""
    from services.mailer import store

    _decide(numbers, everything, store.release_in_doubt, "to be sent", as_json)


@app.command("mark-sent")
def mark_sent(
    numbers: Numbers = None,
    everything: Everything = False,
    found_in: Annotated[
        list[Path] | None,
        typer.Option("--found-in", metavar="PATH", help="those whose Message-ID is in this log, or journal's folder"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Note that they went: they are not sent, and their orders say so."""
    from boxoffice.backup.commands import evidence_in
    from boxoffice.backup.doubts import settle_by_evidence
    from services.mailer import store

    if not found_in:
        _decide(numbers, everything, store.note_as_sent, "noted as sent", as_json)
        return
    if numbers or everything:
        raise WrongUsage("say which: numbers, --all, or --found-in alone")
    files = evidence_in(found_in)
    count = _in_mailer(_settings(), lambda held: settle_by_evidence(held, files))
    _tell(count, "noted as sent", as_json)


def _decide(
    numbers: list[str] | None,
    everything: bool,
    deed: "Callable[[asyncpg.Connection, list[MailKey]], Awaitable[int]]",
    done: str,
    as_json: bool,
) -> None:
    from services.mailer import store
    from services.orders.numbers import read_number

    if bool(numbers) == everything:
        raise WrongUsage("say which: orders' numbers, or --all alone")
    wanted = {read_number(number) or number for number in numbers or ()}

    async def decide(held: "asyncpg.Connection") -> int:
        found = await store.in_doubt(held)
        chosen = [key for key in found if everything or key.number in wanted]
        if missing := sorted(wanted - {key.number for key in chosen}):
            raise CannotStart(f"no mail about {', '.join(missing)} is in doubt. See `boxoffice mails in-doubt`.")
        return sum([await deed(held, chosen[begin : begin + BATCH]) for begin in range(0, len(chosen), BATCH)])

    _tell(_in_mailer(_settings(), decide), done, as_json)


def _tell(count: int, done: str, as_json: bool) -> None:
    typer.echo(json.dumps({"mails": count}) if as_json else f"{count} mail{'' if count == 1 else 's'} {done}")


def _members(key: "MailKey", domain: str, addresses: bool) -> dict[str, Any]:
    from services.mailer.mails import message_id

    shown = {"number": key.number, "template": key.template, "revision": key.revision}
    to = {"recipient": key.recipient} if addresses else {}
    return shown | {"message_id": message_id(key, domain)} | to


def _settings() -> "MailerSettings":
    from boxoffice.cli import use_running_postgres
    from services.mailer.settings import MailerSettings
    from shared.settings import BadSettings, load

    use_running_postgres()
    try:
        return load(MailerSettings)
    except BadSettings as error:
        raise WrongUsage(str(error)) from None


def _in_mailer(settings: "MailerSettings", work: "Callable[[asyncpg.Connection], Awaitable[T]]") -> T:
    from boxoffice.schemas import session

    async def run() -> T:
        async with session(settings.database, "mailer") as held, held.transaction():
            return await work(held)

    return asyncio.run(run())
