"""A place for one worker: whoever is in it answers, or is replaced."""

import asyncio
from typing import Literal

import structlog

from services.tickets.measuring import RenderMeasures
from services.tickets.render_errors import WorkersUnavailable
from services.tickets.worker_process import TooSlow, WorkerLost, WorkerProcess

log = structlog.get_logger()

# One that answered within this part of the time it has to answer is not asked again whether it is there.
_TRUSTED = 0.2

Reason = Literal["lost", "slow", "stopped", "cancelled"]


class WorkerSlot:
    """One job at a time. Make it inside the running loop: the worker is started at once."""

    def __init__(self, arguments: tuple[str, ...], measures: RenderMeasures, answer_seconds: float) -> None:
        self._arguments = arguments
        self._measures = measures
        self._answer_seconds = answer_seconds
        self._closed = False
        self._living: set[WorkerProcess] = set()
        self._asking = asyncio.Lock()
        self._starting = asyncio.create_task(self._start())

    async def run(self, job: bytes, deadline: float) -> bytes:
        """The worker's answer. Raises `TooSlow`, `WorkerLost` when it died of the job, or `WorkersUnavailable`."""
        async with self._asking:
            worker = await self._worker()
            # Whatever else happens, as when cancelled, a worker in the middle of a job is of no use to the next.
            reason: Reason | None = "cancelled"
            try:
                async with asyncio.timeout(deadline):
                    answer = await worker.ask(job)
                reason = None
            except TimeoutError:
                reason = "slow"
                raise TooSlow(f"still drawing after {deadline:g} s") from None
            except WorkerLost:
                reason = "lost"
                raise
            finally:
                if reason:
                    self._replace(worker, reason)
        return answer

    async def watch(self) -> None:
        """Replace the worker if it died or stands still while it has nothing to do."""
        if not self._asking.locked() and self._starting.done() and not self._starting.exception():
            async with self._asking:
                await self._worker()

    async def close(self) -> None:
        # Nothing is cancelled: a start that is cut off halfway could leave a process behind.
        self._closed = True
        for worker in self._living:
            worker.kill()
        await asyncio.gather(self._starting, return_exceptions=True)
        await asyncio.gather(*(worker.close() for worker in self._living))

    async def _worker(self) -> WorkerProcess:
        """One that answers. Raises `WorkersUnavailable`."""
        if self._starting.done() and not self._closed and self._starting.exception():
            self._starting = asyncio.create_task(self._start())
        worker = await self._started()
        if not worker.alive:
            self._replace(worker, "lost")
        elif worker.silent_seconds > _TRUSTED * self._answer_seconds and not await self._answers(worker):
            self._replace(worker, "stopped")
        return await self._started()

    async def _started(self) -> WorkerProcess:
        if self._closed:
            raise WorkersUnavailable("the pool was closed")
        try:
            # Shielded: whoever stops waiting must not stop the worker that the next one will need.
            return await asyncio.shield(self._starting)
        except (WorkerLost, OSError) as error:
            raise WorkersUnavailable(f"no rendering process can be started: {error}") from error

    async def _answers(self, worker: WorkerProcess) -> bool:
        answered = False
        try:
            async with asyncio.timeout(self._answer_seconds):
                await worker.greet()
            answered = True
        except (TimeoutError, WorkerLost):
            return False
        finally:
            # Its late answer must not be taken for that of the next job.
            if not answered:
                worker.kill()
        return True

    def _replace(self, worker: WorkerProcess, reason: Reason) -> None:
        worker.kill()
        if self._closed:
            return
        self._measures.replaced(reason)
        log.warning("render.worker_replaced", reason=reason, pid=worker.pid)
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
