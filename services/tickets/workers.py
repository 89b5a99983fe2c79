"""A small pool of processes that draw tickets, where a bad job harms only itself and a large one delays no small one.

Each worker (`services.tickets.worker`) is a child with a pipe in and a pipe out. A job that takes too long is
killed with its worker at a deadline that grows with the order, and with each such try; a worker that dies takes
one job down, which is tried once more in a fresh one. Everything is awaited: the event loop never blocks on a worker.
"""

import asyncio
import pickle
from collections.abc import Mapping

import structlog
from prometheus_client import CollectorRegistry

from services.tickets.deadlines import LARGE_TICKETS, RenderDeadlines, ReturnTimes, SlowRenders, wait_after_slow
from services.tickets.lanes import Lanes
from services.tickets.measuring import RenderMeasures
from services.tickets.render_errors import LargeOrdersWaiting, RenderFailed, RenderTooSlow, WorkersUnavailable
from services.tickets.worker import DRAWN, Design
from services.tickets.worker_process import TooSlow, WorkerLost
from services.tickets.worker_slot import WorkerSlot
from shared.background import Background
from shared.messages import OrderPlaced

log = structlog.get_logger()

RENDER = "services.tickets.rendering"
"""The module whose `render` the workers call, after its `warm_up`."""

MEMORY_BYTES = 1 << 29
"""Address space of a worker; a warm one uses about 100 MB of it and has 45 MB in memory."""

LARGE_A_WORKER = 4
"""Large orders, drawn or waiting, that a service holds for each of its processes."""

SMALL_AT_ONCE = 64
"""Small orders that a service holds: what is issued together shares transactions and flushes to disk."""

WAIT_SECONDS = 60.0
"""An order for which no process came free in this time goes back to its queue."""

LONGEST_RENDER_SECONDS = 900.0
"""Over what one `render` can take: the wait, twice a process that is slow to start and the longest deadline."""


class RenderPool:
    """`processes` workers, each one job at a time, and one more as soon as there is a large order.

    `start` begins to start the workers and does not wait for them; the first `render` does. `module` is what draws.
    A worker that has nothing to do and does not answer within `answer_seconds` is replaced.
    """

    def __init__(
        self,
        processes: int,
        deadlines: RenderDeadlines = RenderDeadlines(),  # noqa: B008 - frozen
        memory_bytes: int = MEMORY_BYTES,
        module: str = RENDER,
        measures: RenderMeasures | None = None,
        answer_seconds: float = 5.0,
        wait_seconds: float = WAIT_SECONDS,
    ) -> None:
        self._measures = measures or RenderMeasures(CollectorRegistry())
        self._processes = processes
        self._deadlines = deadlines
        self._arguments = (module, str(memory_bytes))
        self._answer_seconds = answer_seconds
        self._wait_seconds = wait_seconds
        self._slots: list[WorkerSlot] = []
        self._lanes: Lanes[WorkerSlot] = Lanes(())
        self._return_times = ReturnTimes(processes)
        self._slow = SlowRenders()
        self._background = Background()
        self._closed = False

    @property
    def orders_at_once(self) -> int:
        """Room for all large orders that are held at once, and beside them for enough small ones."""
        return LARGE_A_WORKER * self._processes + SMALL_AT_ONCE

    async def start(self) -> None:
        for _ in range(self._processes):
            self._add_worker()
        self._background.start("rendering processes", self._watch)

    async def render(self, order: OrderPlaced, codes: Mapping[str, str], design: Design = "stub") -> bytes:
        """The PDF, drawn by the first worker that is free for an order of this size.

        Raises `RenderFailed` when this order can't be drawn and `RenderPostponed` when it is worth another try.
        Cancelling it frees the worker's place at once.
        """
        slow_tries = self._slow.tries(order.number)
        large = len(order.tickets) > LARGE_TICKETS or slow_tries > 0
        self._admit(order, large)
        try:
            async with self._lanes.worker(large=large, within=self._wait_seconds) as slot:
                job = pickle.dumps((order, dict(codes), design))
                deadline = self._deadlines.of(len(order.tickets), slow_tries).total_seconds()
                with self._measures.drawing():
                    pdf = await self._draw(slot, job, deadline)
        except TooSlow as error:
            raise RenderTooSlow(str(error), wait_after_slow(self._slow.add(order.number))) from error
        except TimeoutError as error:
            raise WorkersUnavailable(f"no rendering process came free within {self._wait_seconds:g} s") from error
        self._slow.forget(order.number)
        return pdf

    async def close(self) -> None:
        """Kill the workers and wait until they are gone; safe to call twice. Renders under way fail."""
        self._closed = True
        await self._background.close()
        await asyncio.gather(*(slot.close() for slot in self._slots))

    def _add_worker(self) -> None:
        slot = WorkerSlot(self._arguments, self._measures, self._answer_seconds)
        self._slots.append(slot)
        self._lanes.add(slot)

    def _admit(self, order: OrderPlaced, large: bool) -> None:
        """Have a worker that large orders leave to small ones, and turn away more of them than we have room for."""
        if self._closed or not self._slots:
            raise WorkersUnavailable("the pool is not running")
        if large and len(self._slots) == self._processes:
            self._add_worker()
        if large and self._lanes.large >= LARGE_A_WORKER * self._processes:
            after = self._return_times.next(len(order.tickets), asyncio.get_running_loop().time())
            raise LargeOrdersWaiting("other large orders are drawn before it", after)

    async def _draw(self, slot: WorkerSlot, job: bytes, deadline: float) -> bytes:
        try:
            answer = await self._try(slot, job, deadline)
        except WorkerLost:
            try:
                answer = await self._try(slot, job, deadline)
            except WorkerLost as error:
                raise RenderFailed(f"two rendering processes in a row were lost: {error}") from error
        if answer[:1] != DRAWN:
            raise RenderFailed(answer[1:].decode())
        return answer[1:]

    async def _try(self, slot: WorkerSlot, job: bytes, deadline: float) -> bytes:
        try:
            return await slot.run(job, deadline)
        except (WorkerLost, TooSlow) as error:
            if self._closed:
                raise WorkersUnavailable("the pool was closed") from error
            raise

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(self._answer_seconds)
            for outcome in await asyncio.gather(*(slot.watch() for slot in self._slots), return_exceptions=True):
                if isinstance(outcome, WorkersUnavailable):
                    log.warning("render.worker_unavailable", error=str(outcome))
                elif isinstance(outcome, Exception):
                    raise outcome
