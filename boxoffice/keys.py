"""`boxoffice keys`: organisers' API keys, made, listed and revoked.

Exit codes: 0 done, 1 the database is away or there is no such key, 2 wrong usage.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from boxoffice.failures import CannotStart, WrongUsage

if TYPE_CHECKING:
    import asyncpg

    from services.orders.store import ApiKey
    from shared.api_keys import Right

T = TypeVar("T")

AsJson = Annotated[bool, typer.Option("--json", help="for programs")]


app = typer.Typer(help="Organisers' API keys: make, list and revoke them.")


@app.callback(invoke_without_command=True)
def overview(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def create(
    organiser: Annotated[str, typer.Option(metavar="NAME", help="whose key; added when there is none of that name")],
    rights: Annotated[
        str, typer.Option(metavar="RIGHTS", help="of read, write and check-in, comma-separated")
    ] = "read,write,check-in",
    as_json: AsJson = False,
) -> None:
    """Make a key and print it, once: only its hash is kept."""
    from services.orders.organisers import make_key

    name = _organiser(organiser)
    chosen = _rights(rights)
    made = in_transaction(lambda held: make_key(held, name, chosen))
    if as_json:
        typer.echo(json.dumps({"id": str(made.id), "key": made.key, "organiser": name, "rights": chosen}))
        return
    typer.echo(made.key)
    if sys.stdout.isatty():
        typer.echo(
            f"Keep it now, it is not shown again. Its id is {made.id}, its rights: {', '.join(chosen)}.", err=True
        )


@app.command("list")
def list_(
    organiser: Annotated[str | None, typer.Option(metavar="NAME", help="only this one's")] = None,
    as_json: AsJson = False,
) -> None:
    """List keys, with what they may do and their last use."""
    from services.orders import store

    found = in_transaction(lambda held: store.keys(held, organiser))
    if as_json:
        typer.echo(json.dumps([_members(key) for key in found], indent=2, ensure_ascii=False))
        return
    for key in found:
        state = f"revoked {_when(key.revoked_at)}" if key.revoked_at else f"last used {_when(key.last_used_at)}"
        typer.echo(f"{key.id}  {key.prefix}…  {key.organiser}: {', '.join(key.rights)}; {state}")


@app.command()
def revoke(key: Annotated[str, typer.Argument(metavar="ID", help="its id, or its first 11 characters")]) -> None:
    """Revoke a key for good; within a second it opens nothing."""
    from services.orders.organisers import NoSuchKey, revoke_key

    async def work(held: "asyncpg.Connection") -> "ApiKey":
        try:
            return await revoke_key(held, key)
        except NoSuchKey as error:
            raise CannotStart(f"{error}. See `boxoffice keys list`.") from None

    revoked = in_transaction(work)
    typer.echo(f"{revoked.prefix}… of {revoked.organiser} is revoked")


def _organiser(text: str) -> str:
    from shared.values import texts

    name = text.strip()
    try:
        if len(texts.name(name)) <= texts.MAX_NAME:
            return name
    except ValueError:
        pass
    raise WrongUsage(f"--organiser: give a name of at most {texts.MAX_NAME} printable characters")


def _rights(text: str) -> "list[Right]":
    from shared.api_keys import RIGHTS

    named = {name.strip() for name in text.split(",")}
    if unknown := named - set(RIGHTS):
        raise WrongUsage(f"--rights: “{min(unknown)}” is none: give some of {', '.join(RIGHTS)}")
    return [right for right in RIGHTS if right in named]


def _members(key: "ApiKey") -> dict[str, Any]:
    return {
        "id": str(key.id),
        "prefix": key.prefix,
        "organiser": key.organiser,
        "rights": list(key.rights),
        "created_at": key.created_at.isoformat(timespec="seconds"),
        "last_used_at": key.last_used_at and key.last_used_at.isoformat(timespec="seconds"),
        "revoked_at": key.revoked_at and key.revoked_at.isoformat(timespec="seconds"),
    }


def _when(moment: Any) -> str:
    return f"{moment:%Y-%m-%d %H:%M}Z" if moment else "never"


def in_transaction(work: "Callable[[asyncpg.Connection], Awaitable[T]]") -> T:
    from boxoffice.cli import use_running_postgres
    from boxoffice.schemas import orders_tables
    from shared.settings import BadSettings, Settings, load

    use_running_postgres()
    try:
        settings = load(Settings)
    except BadSettings as error:
        raise WrongUsage(str(error)) from None

    async def run() -> T:
        async with orders_tables(settings.database) as held:
            return await work(held)

    return asyncio.run(run())
