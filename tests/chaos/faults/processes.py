"""Faults of the services' processes, of the mail server, and of the line to it."""

import asyncio
import random
import signal
from collections.abc import Iterator
from functools import partial

from tests.chaos.faults.fault import Fault
from tests.chaos.services import Service, send
from tests.chaos.sink import MISBEHAVIOURS, Misbehaviour
from tests.chaos.stage import Stage


def process_faults(stage: Stage, chance: random.Random) -> list[Fault]:
    """`chance` picks which of several workers is meant."""
    return [*_of_services(stage), *_of_workers(stage.services["tickets"], chance), *_of_mail(stage)]


def _of_services(stage: Stage) -> Iterator[Fault]:
    for name, service in stage.services.items():
        yield Fault(f"kill-{name}", partial(_kill, service))
        yield Fault(f"stop-{name}", partial(_stop, service))


async def _kill(service: Service, seconds: float) -> None:
    service.kill()
    await asyncio.sleep(seconds)


async def _stop(service: Service, seconds: float) -> None:
    service.signal(signal.SIGSTOP)
    try:
        await asyncio.sleep(seconds)
    finally:
        service.signal(signal.SIGCONT)


def _of_workers(tickets: Service, chance: random.Random) -> Iterator[Fault]:
    async def strike(number: signal.Signals, seconds: float) -> None:
        workers = tickets.workers()
        chosen = chance.sample(workers, k=min(1, len(workers)))
        for pid in chosen:
            send(pid, number)
        await asyncio.sleep(seconds)
        for pid in chosen:
            send(pid, signal.SIGCONT)

    yield Fault("kill-render-worker", partial(strike, signal.SIGKILL))
    yield Fault("stop-render-worker", partial(strike, signal.SIGSTOP))


def _of_mail(stage: Stage) -> Iterator[Fault]:
    for bad in MISBEHAVIOURS:
        yield Fault(bad.name, partial(_misbehave, stage, bad))
    line = stage.lines.smtp

    async def cut(seconds: float) -> None:
        await line.cut()
        await asyncio.sleep(seconds)
        await line.mend()

    async def hold(seconds: float) -> None:
        line.hold()
        await asyncio.sleep(seconds)
        await line.mend()

    yield Fault("cut-smtp", cut, ("smtp-line",))
    yield Fault("hold-smtp", hold, ("smtp-line",))


async def _misbehave(stage: Stage, bad: Misbehaviour, seconds: float) -> None:
    stage.sink.misbehave(bad)
    try:
        await asyncio.sleep(seconds)
    finally:
        stage.sink.behave()
