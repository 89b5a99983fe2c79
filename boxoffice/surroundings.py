"""What is given from outside (settings) and what we add to it: the environment of the services."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from boxoffice.failures import WrongUsage
from boxoffice.ports import free_port

PACKAGES = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Ports:
    """What `boxoffice up` listens on; all but the first three are any free ones."""

    orders: int
    tickets: int
    inbox: int
    mailer: int
    webhooks: int
    smtp: int


@dataclass(frozen=True, slots=True)
class Surroundings:
    """`given` is our own environment. None stands for what we have to bring ourselves."""

    given: Mapping[str, str]
    database_url: str | None
    smtp_url: str | None
    public_url: str
    ports: Ports
    data_dir: Path

    def environment(self, database_url: str) -> dict[str, str]:
        """The whole environment of a service."""
        ours = {
            "DATABASE_URL": database_url,
            "DATA_DIR": str(self.data_dir),
            "PUBLIC_URL": self.public_url,
            "SMTP_URL": self.smtp_url or f"smtp://127.0.0.1:{self.ports.smtp}",
            "PYTHONPATH": os.pathsep.join(filter(None, [str(PACKAGES), self.given.get("PYTHONPATH")])),
            "PYTHONUNBUFFERED": "1",
        }
        return {**self.given, **ours}


def look_around(
    given: Mapping[str, str], data_dir: Path, port: int, tickets_port: int, inbox_port: int
) -> Surroundings:
    """Raises `WrongUsage` with every setting that can't be meant."""
    _check_settings()
    return Surroundings(
        given=given,
        database_url=given.get("DATABASE_URL") or None,
        smtp_url=given.get("SMTP_URL") or None,
        public_url=given.get("PUBLIC_URL") or f"http://localhost:{port}",
        ports=Ports(port, tickets_port, inbox_port, free_port(), free_port(), free_port()),
        data_dir=data_dir,
    )


def _check_settings() -> None:
    """Once here, so that a mistake is told once and before anything has started."""
    from services.mailer.settings import MailerSettings
    from services.orders.settings import OrdersSettings
    from services.tickets.settings import TicketsSettings
    from shared.settings import NO_DATABASE, BadSettings, load

    faults: dict[str, None] = {}
    for kind in (OrdersSettings, TicketsSettings, MailerSettings):
        try:
            load(kind)
        except BadSettings as error:
            # A missing database is no fault: we bring one.
            faults |= dict.fromkeys(line for line in str(error).splitlines() if NO_DATABASE not in line)
    if faults:
        raise WrongUsage("\n".join(faults))
