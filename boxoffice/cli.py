"""The command `boxoffice`. Heavy modules are imported inside the commands that need them."""

import os
import sys
from enum import StrEnum
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer

from boxoffice import flags, keys, mails, operating, organisers
from boxoffice.backup import commands as backups
from boxoffice.failures import CannotStart


def _port(what: str) -> Any:
    return typer.Option(min=1, max=65535, metavar="PORT", help=what)


app = typer.Typer(
    help="Ticketing: a confirmation number in milliseconds, the PDF ticket in the inbox a moment later.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(operating.queues)
app.command()(backups.backup)
app.command()(backups.restore)
app.add_typer(operating.dead_letters, name="dead-letters")
app.add_typer(keys.app, name="keys")
app.add_typer(mails.app, name="mails")
app.add_typer(flags.app, name="flags")
app.add_typer(organisers.app, name="organisers")


class Service(StrEnum):
    """What `boxoffice serve` can run."""

    ORDERS = "orders"
    TICKETS = "tickets"
    MAILER = "mailer"
    WEBHOOKS = "webhooks"

    @property
    def module(self) -> str:
        """Webhooks are the orders service's other process."""
        return "services.orders.webhooks.app" if self is Service.WEBHOOKS else f"services.{self}.app"


def main() -> int:
    """Run the command of `sys.argv`; returns the exit code. What a person can put right is told in a line."""
    try:
        return int(app(sys.argv[1:] or ["--help"], prog_name="boxoffice", standalone_mode=False) or 0)
    except CannotStart as error:
        return _complain(str(error), error.exit_code)
    except typer.TyperException as error:
        what = " ".join(error.format_message().replace("Value error, ", "").split())
        return _complain(f"{what.rstrip('.')}. See `boxoffice --help`.", 2)
    except (KeyboardInterrupt, typer.Abort):
        return 130


@app.command()
def up(
    port: Annotated[int, _port("of the orders service")] = 8080,
    tickets_port: Annotated[int, _port("of the tickets service")] = 8081,
    inbox_port: Annotated[int, _port("of the inbox's page and API")] = 8025,
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="the folder that keeps everything [default: DATA_DIR, else ./data]"),
    ] = None,
) -> int:
    """Run everything on this machine: Postgres, the three services, an inbox, and on the first start some events."""
    from boxoffice.up import Options, run

    return run(Options(port, tickets_port, inbox_port, data or _data_dir()))


@app.command()
def serve(
    service: Service,
    port: Annotated[int | None, _port("[default: 8080 orders, 8081 tickets, 8082 mailer, 8083 webhooks]")] = None,
    processes: Annotated[int, typer.Option(min=1, max=64, help="how many processes share the port")] = 1,
) -> int:
    """Run one service, with the settings of the environment."""
    use_running_postgres()
    wired = import_module(service.module)
    if processes > 1:
        from boxoffice.processes import serve_side_by_side

        return serve_side_by_side(service, port or wired.PORT, processes)
    code: int = wired.main(port)
    return code


@app.command()
def migrate(
    demo: Annotated[bool, typer.Option("--demo", help="and put some events on sale where there are none")] = False,
) -> None:
    """Bring the schemas up to date; safe to run twice and side by side."""
    import asyncio

    from boxoffice.failures import WrongUsage
    from boxoffice.schemas import bring_up_to_date, put_demo_on_sale
    from shared.settings import BadSettings, Settings, load

    use_running_postgres()
    try:
        settings = load(Settings)
    except BadSettings as error:
        raise WrongUsage(str(error)) from None
    applied = asyncio.run(bring_up_to_date(settings.database))
    typer.echo("\n".join(f"applied {name}" for name in applied) or "up to date")
    if demo and asyncio.run(put_demo_on_sale(settings.database)):
        typer.echo("demo events are on sale")


def _data_dir() -> Path:
    return Path(os.environ.get("DATA_DIR") or "data")


def use_running_postgres() -> None:
    """Without DATABASE_URL: the server that `boxoffice up` runs beside us."""
    if not os.environ.get("DATABASE_URL"):
        from boxoffice.embedded_postgres import running_url

        if url := running_url(_data_dir()):
            os.environ["DATABASE_URL"] = url


def _complain(what: str, code: int) -> int:
    for line in what.splitlines():
        print(f"boxoffice: {line}", file=sys.stderr)
    return code
