"""A small pool of processes that draw tickets, where a bad job harms only itself.

Each worker (`services.tickets.worker`) is a child with a pipe in and a pipe out. A job that hangs is
killed with its worker at the deadline; a worker that dies takes one job down, which is tried once
more in a fresh one. Everything is awaited: the event loop never blocks on a worker.
"""

import asyncio
import pickle
from collections.abc import Mapping
from datetime import timedelta

from prometheus_client import CollectorRegistry

from services.tickets.measuring import RenderMeasures
from services.tickets.worker import DRAWN, Design
from services.tickets.worker_process import WorkerLost, WorkerProcess
from shared.messages import OrderPlaced

RENDER = "services.tickets.rendering"
"""The module whose `render` the workers call, after its `warm_up`."""

MEMORY_BYTES = 1 << 29
"""Address space of a worker; a warm one uses about 100 MB of it and has 45 MB in memory."""


class RenderFailed(Exception):
    """This order can't be drawn: it raised, or two workers in a row died or hung on it."""


class WorkersUnavailable(Exception):
    """No fault of the order: no worker can be started, or the pool is closed. Worth trying later."""


class RenderPool:
    """`processes` workers, each one job at a time. `deadline` is a job's time, `module` what draws.

    `start` begins to start the workers and does not wait for them; the first `render` does.
    """

    def __init__(
        self,
        processes: int,
        deadline: timedelta = timedelta(seconds=10),
        memory_bytes: int = MEMORY_BYTES,
        module: str = RENDER,
        measures: RenderMeasures | None = None,
    ) -> None:
        self._measures = measures or RenderMeasures(CollectorRegistry())
        self._processes = processes
        self._deadline = deadline.total_seconds()
        self._arguments = (module, str(memory_bytes))
        self._idle: asyncio.LifoQueue[_Slot] = asyncio.LifoQueue()
        self._slots: list[_Slot] = []
        self._closed = False

    async def start(self) -> None:
        for _ in range(self._processes):
            slot = _Slot(self._arguments)
            self._slots.append(slot)
            self._idle.put_nowait(slot)

    async def render(self, order: OrderPlaced, codes: Mapping[str, str], design: Design = "stub") -> bytes:
        """The PDF, drawn by the first worker that is free.

        Raises `RenderFailed` when this order can't be drawn and `WorkersUnavailable` when none could.
        Cancelling it frees the worker's place at once.
        """
        job = pickle.dumps((order, dict(codes), design))
        slot = await self._take()
        try:
            with self._measures.drawing():
                return await self._render_twice(slot, job)
        finally:
            self._idle.put_nowait(slot)

    async def close(self) -> None:
        """Kill the workers and wait until they are gone; safe to call twice. Renders under way fail."""
        self._closed = True
        await asyncio.gather(*(slot.close() for slot in self._slots))

    async def _take(self) -> "_Slot":
        if self._closed or not self._slots:
            raise WorkersUnavailable("the pool is not running")
        return await self._idle.get()

    async def _render_twice(self, slot: "_Slot", job: bytes) -> bytes:
        try:
            answer = await self._try(slot, job)
        except WorkerLost:
            try:
                answer = await self._try(slot, job)
            except WorkerLost as error:
                raise RenderFailed(f"two rendering processes in a row were lost: {error}") from error
        if answer[:1] != DRAWN:
            raise RenderFailed(answer[1:].decode())
        return answer[1:]

    async def _try(self, slot: "_Slot", job: bytes) -> bytes:
        try:
            return await slot.run(job, self._deadline)
        except WorkerLost as error:
            if self._closed:
                raise WorkersUnavailable("the pool was closed") from error
            raise


class _Slot:
    """A place for one worker, which is replaced as soon as it is lost."""

    def __init__(self, arguments: tuple[str, ...]) -> None:
        self._arguments = arguments
        self._closed = False
        self._living: set[WorkerProcess] = set()
        self._starting = asyncio.create_task(self._start())

    async def run(self, job: bytes, deadline: float) -> bytes:
        worker = await self._worker()
        finished = False
        try:
            async with asyncio.timeout(deadline):
                answer = await worker.ask(job)
            finished = True
        except TimeoutError:
            raise WorkerLost(f"still drawing after {deadline:g} s") from None
        finally:
            # Also when cancelled: a worker in the middle of a job nobody wants is of no use to the next one.
            if not finished:
                self._replace(worker)
        return answer

    async def close(self) -> None:
        # Nothing is cancelled: a start that is cut off halfway could leave a process behind.
        self._closed = True
        for worker in self._living:
            worker.kill()
        await asyncio.gather(self._starting, return_exceptions=True)
        await asyncio.gather(*(worker.close() for worker in self._living))

    async def _worker(self) -> WorkerProcess:
        if self._starting.done() and not self._closed and self._is_lost():
            self._starting = asyncio.create_task(self._start())
        if self._closed:
            raise WorkersUnavailable("the pool was closed")
        try:
            # Shielded: whoever stops waiting must not stop the worker that the next one will need.
            return await asyncio.shield(self._starting)
        except (WorkerLost, OSError) as error:
            raise WorkersUnavailable(f"no rendering process can be started: {error}") from error

    def _is_lost(self) -> bool:
        """Whether the last start failed, or its worker died while it had nothing to do."""
        return self._starting.exception() is not None or not self._starting.result().alive

    def _replace(self, worker: WorkerProcess) -> None:
        worker.kill()
        if not self._closed:
            self._starting = asyncio.create_task(self._start())

    async def _start(self) -> WorkerProcess:
        for lost in [worker for worker in self._living if not worker.alive]:
            await lost.close()
            self._living.discard(lost)
        if self._closed:
            raise WorkersUnavailable("the pool was closed")
        worker = await WorkerProcess.launch(*self._arguments)
        self._living.add(worker)
        if self._closed:
            worker.kill()
        await worker.ready()
        return worker
