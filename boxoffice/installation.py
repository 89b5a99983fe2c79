"""The parts of a system on one machine, in the order in which they open."""

import sys
import time
from collections.abc import Callable

from boxoffice import first_order
from boxoffice.data_dir import DataDir
from boxoffice.embedded_postgres import EmbeddedPostgres
from boxoffice.failures import CannotStart
from boxoffice.first_order import FirstOrder
from boxoffice.logs import Ear, postgres_matters, service_matters
from boxoffice.schemas import bring_up_to_date, put_demo_on_sale
from boxoffice.service_process import ServiceProcess
from boxoffice.summary import summary
from boxoffice.supervisor import Supervisor
from boxoffice.surroundings import Surroundings
from boxoffice.terminal import Terminal

# Everything has stopped by then, or is killed.
STOP_SECONDS = 4.5
# What is done behind the number steps back for it.
NICE_BEHIND_ORDERS = "10"
# The processes of the three services: orders has two.
SERVICES = ("orders", "tickets", "mailer", "webhooks")


class Installation:
    """Opened once, closed once; what it started is kept running in between."""

    def __init__(self, around: Surroundings, data: DataDir, terminal: Terminal) -> None:
        self.supervisor = Supervisor(terminal.warn)
        self._around = around
        self._data = data
        self._terminal = terminal
        self._ears: list[Ear] = []

    async def open(self) -> None:
        """Returns when everything serves. Raises `CannotStart`."""
        begun = time.perf_counter()
        around, ports = self._around, self._around.ports
        database_url = around.database_url or await self._start_postgres()
        fresh = await self._prepare(database_url)
        if not around.smtp_url:
            await self._start_inbox()
        await self._start_services(around.environment(database_url))
        first = await self._buy() if fresh else None
        for line in summary(around, self._data, database_url, time.perf_counter() - begun, first):
            self._terminal.say(line)
        self._terminal.say(first_order.curl(f"http://localhost:{ports.orders}"))
        self._terminal.say()

    async def close(self) -> None:
        await self.supervisor.stop(STOP_SECONDS)
        for ear in self._ears:
            ear.close()

    async def _start_postgres(self) -> str:
        with self._terminal.step("PostgreSQL") as done:
            server = EmbeddedPostgres(self._data.path, self._ear("postgres", postgres_matters).hear)
            await self.supervisor.start(server)
            done(f"PostgreSQL {server.version}")
            return server.url

    async def _prepare(self, database_url: str) -> bool:
        """Schemas up to date and something on sale; whether this is the first start."""
        with self._terminal.step("Schemas up to date"):
            await bring_up_to_date(database_url)
        with self._terminal.step("Events on sale") as done:
            fresh = await put_demo_on_sale(database_url)
            done("Demo events put on sale" if fresh else "Events on sale")
        return fresh

    async def _start_inbox(self) -> None:
        ports = self._around.ports
        words = ("-m", "boxoffice.inbox", "--port", str(ports.inbox), "--smtp-port", str(ports.smtp))
        with self._terminal.step("Inbox"):
            folder = ("--folder", str(self._data.path / "inbox"))
            await self.supervisor.start(
                self._process("inbox", (*words, *folder), ports.inbox, self._around.environment(""))
            )

    async def _start_services(self, environment: dict[str, str]) -> None:
        ports = {name: getattr(self._around.ports, name) for name in SERVICES}
        with self._terminal.step("Orders, tickets, mailer, webhooks"):
            await self.supervisor.start(
                *(
                    self._process(
                        name,
                        ("-m", "boxoffice", "serve", name, "--port", str(port)),
                        port,
                        {**_priority(name), **environment},
                    )
                    for name, port in ports.items()
                )
            )

    def _process(self, name: str, words: tuple[str, ...], port: int, environment: dict[str, str]) -> ServiceProcess:
        ear = self._ear(name, service_matters)
        return ServiceProcess(name, (sys.executable, "-P", *words), environment, port, ear)

    def _ear(self, name: str, matters: Callable[[str], bool]) -> Ear:
        ear = Ear(name, self._data.logs, self._terminal.quote, matters, time.monotonic)
        self._ears.append(ear)
        return ear

    async def _buy(self) -> FirstOrder | None:
        inbox = None if self._around.smtp_url else f"http://127.0.0.1:{self._around.ports.inbox}"
        with self._terminal.step("Buying two tickets") as done:
            try:
                order = await first_order.buy(f"http://127.0.0.1:{self._around.ports.orders}", inbox)
                done("Two tickets bought")
                return order
            except (CannotStart, OSError, TimeoutError) as error:
                # What was opened is open; the person learns what is wrong and can look.
                done(f"The first order failed: {error}")
                return None


def _priority(service: str) -> dict[str, str]:
    return {} if service == "orders" else {"NICE": NICE_BEHIND_ORDERS}
