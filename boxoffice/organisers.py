"""`boxoffice organisers`: who sees an organiser's events when they sign in.

Exit codes: 0 done, 1 the database is away or there is no such organiser or member, 2 wrong usage.
"""

import json
from typing import TYPE_CHECKING, Annotated

import typer

from boxoffice.failures import CannotStart, WrongUsage
from boxoffice.keys import AsJson, in_transaction

if TYPE_CHECKING:
    from uuid import UUID

    import asyncpg

Name = Annotated[str, typer.Argument(metavar="NAME", help="the organiser's name")]
Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="with which they sign in")]

app = typer.Typer(help="Organisers' members: who sees their events when signing in.")


@app.callback(invoke_without_command=True)
def overview(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command()
def add_member(name: Name, address: Address) -> None:
    """Let whoever signs in with this address see the organiser's events."""
    from services.orders import store

    member = _identity(address)

    async def work(held: "asyncpg.Connection") -> None:
        await store.add_member(held, await _organiser(held, name), member)

    in_transaction(work)
    typer.echo(f"{member} is a member of {name}")


@app.command()
def remove_member(name: Name, address: Address) -> None:
    """Let them see the events no longer, from the next page on."""
    from services.orders import store

    member = _identity(address)

    async def work(held: "asyncpg.Connection") -> bool:
        return await store.remove_member(held, await _organiser(held, name), member)

    if not in_transaction(work):
        raise CannotStart(f"{member} is no member of {name}. See `boxoffice organisers members`.")
    typer.echo(f"{member} is no longer a member of {name}")


@app.command()
def members(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="only this organiser's")] = None,
    as_json: AsJson = False,
) -> None:
    """List who is a member of which organiser."""
    from services.orders import store

    found = in_transaction(lambda held: store.members(held, name))
    if as_json:
        typer.echo(json.dumps([{"organiser": organiser, "address": address} for organiser, address in found], indent=2))
        return
    for organiser, address in found:
        typer.echo(f"{organiser}: {address}")


async def _organiser(held: "asyncpg.Connection", name: str) -> "UUID":
    from services.orders import store

    identity = await store.organiser_named(held, name.strip())
    if identity is None:
        raise CannotStart(f"no organiser is named {name}: `boxoffice keys create --organiser NAME` adds one")
    return identity


def _identity(address: str) -> str:
    from services.orders.accounts.rules import identity
    from shared.values.addresses import buyers_address

    try:
        sound = buyers_address(address.strip())
    except ValueError as error:
        raise WrongUsage(str(error)) from None
    return identity(sound)
