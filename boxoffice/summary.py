"""What `boxoffice up` says once everything runs."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from rich.text import Text

from boxoffice.data_dir import DataDir
from boxoffice.first_order import FirstOrder
from boxoffice.surroundings import Surroundings


def summary(
    around: Surroundings, data: DataDir, database_url: str, seconds: float, first: FirstOrder | None
) -> Iterator[Text]:
    """What runs where, and how the first order fared where this was the first start."""
    ports = around.ports
    yield Text()
    yield Text.assemble("  ", ("Boxoffice is open", "bold"), f" after {seconds:.1f} s. Ctrl-C closes it.")
    yield Text()
    yield _row("Shop", f"http://localhost:{ports.orders}/", "the pages: buy a ticket here")
    yield _row("Orders", f"http://localhost:{ports.orders}/v1/events", "the buyers' API")
    yield _row("Tickets", f"http://localhost:{ports.tickets}", "")
    if around.smtp_url:
        yield _row("Mail", _without_password(around.smtp_url), "from SMTP_URL")
    else:
        yield _row("Inbox", f"http://localhost:{ports.inbox}", "every mail lands here")
    note = "from DATABASE_URL" if around.database_url else f"password in {data.path / 'postgres' / 'password'}"
    yield _row("Postgres", _without_password(database_url), note)
    if broker := around.given.get("BROKER_URL"):
        yield _row("Broker", ", ".join(map(_without_password, broker.split(","))), "from BROKER_URL")
    yield _row("Data", str(data.path), f"logs in {data.logs}")
    if first:
        yield Text()
        yield _fared(first, "mail in the inbox" if not around.smtp_url else "mail sent")
    yield Text()
    yield Text("  Buy another:", style="bold")


def _fared(order: FirstOrder, arrival: str) -> Text:
    mail = "no mail yet: see logs/mailer.log" if order.mail_ms is None else f"{arrival} in {order.mail_ms:.0f} ms"
    confirmed = f"confirmed in {order.number_ms:.0f} ms, {mail}"
    return Text.assemble("  First order ", (order.number, "bold green"), f": {confirmed}")


def _row(name: str, where: str, note: str) -> Text:
    return Text.assemble((f"  {name:<9}", "dim"), where, (f"   {note}" if note else "", "dim"))


def _without_password(url: str) -> str:
    """As it may be shown: no password, no query."""
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")
    user = place[0].split(":")[0]
    return f"{parts.scheme}://{user + '@' if user else ''}{place[2]}{parts.path}"
