"""The pool of rendering processes: whatever a job does, only that job suffers."""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from services.tickets.deadlines import RenderDeadlines
from services.tickets.render_errors import RenderFailed, RenderTooSlow, WorkersUnavailable
from services.tickets.rendering import render
from services.tickets.workers import RenderPool
from tests.tickets.building import an_order, codes_of
from tests.tickets.pools import MISBEHAVING, Open, gone, worker_of, written

SOON = RenderDeadlines(base=timedelta(seconds=0.3), per_ticket=timedelta())


async def test_a_worker_draws_what_render_draws(opened: Open) -> None:
    order = an_order("علي", "王小明")
    pool = await opened(module="services.tickets.rendering")
    assert await pool.render(order, codes_of(order)) == render(order, codes_of(order))


async def test_a_worker_draws_one_order_after_another(opened: Open) -> None:
    pool = await opened()
    assert await worker_of(pool) == await worker_of(pool)


async def test_several_workers_share_the_orders(opened: Open) -> None:
    pool = await opened(2)
    assert len(set(await asyncio.gather(*(worker_of(pool) for _ in range(20))))) == 2


async def test_a_job_whose_worker_dies_is_tried_again_in_a_fresh_one(opened: Open, tmp_path: Path) -> None:
    pool = await opened()
    before = await worker_of(pool)
    after = int(await pool.render(an_order(number=f"crash-once {tmp_path / 'mark'}"), {}))
    assert after != before


async def test_a_job_that_kills_two_workers_is_given_up(opened: Open) -> None:
    pool = await opened()
    with pytest.raises(RenderFailed, match="two rendering processes in a row"):
        await pool.render(an_order(number="crash"), {})
    assert await worker_of(pool)


async def test_a_job_that_hangs_is_killed_at_its_deadline(opened: Open, tmp_path: Path) -> None:
    pool = await opened(deadlines=SOON)
    with pytest.raises(RenderTooSlow, match=r"still drawing after 0\.3 s"):
        await pool.render(an_order(number=f"hang {tmp_path / 'pid'}"), {})
    await gone(int((tmp_path / "pid").read_text()))
    assert await worker_of(pool)


async def test_a_job_that_eats_memory_is_given_up(opened: Open) -> None:
    pool = await opened()
    with pytest.raises(RenderFailed):
        await pool.render(an_order(number="eat"), {})
    assert await worker_of(pool)


async def test_a_job_that_raises_is_not_tried_again_and_costs_no_worker(opened: Open) -> None:
    pool = await opened()
    before = await worker_of(pool)
    with pytest.raises(RenderFailed, match="ValueError: no such zone: Mars/Olympus"):
        await pool.render(an_order(number="raise"), {})
    assert await worker_of(pool) == before


async def test_other_jobs_do_not_notice_a_bad_one(opened: Open) -> None:
    pool = await opened(2)
    good = [pool.render(an_order(), {}) for _ in range(20)]
    bad = [pool.render(an_order(number="crash"), {}) for _ in range(2)]
    results = await asyncio.gather(*good[:10], *bad, *good[10:], return_exceptions=True)
    assert [type(result) for result in results] == [*[bytes] * 10, *[RenderFailed] * 2, *[bytes] * 10]


async def test_what_a_library_prints_is_not_taken_for_a_pdf(opened: Open) -> None:
    pool = await opened()
    assert int(await pool.render(an_order(number="print"), {})) == await worker_of(pool)


async def test_a_worker_killed_while_idle_is_replaced_unnoticed(opened: Open) -> None:
    pool = await opened()
    before = await worker_of(pool)
    os.kill(before, signal.SIGKILL)
    assert await worker_of(pool) != before


async def test_a_cancelled_render_frees_its_place(opened: Open, tmp_path: Path) -> None:
    pool = await opened()
    mark = tmp_path / "pid"
    waiting = asyncio.create_task(pool.render(an_order(number=f"hang {mark}"), {}))
    hanging = int(await written(mark))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await worker_of(pool) != hanging


async def test_a_cancelled_wait_for_a_place_takes_none(opened: Open) -> None:
    pool = await opened()
    renders = [asyncio.create_task(worker_of(pool)) for _ in range(3)]
    await asyncio.sleep(0)
    renders[1].cancel()
    await asyncio.gather(*renders, return_exceptions=True)
    assert await worker_of(pool)


async def test_a_worker_ignores_ctrl_c(opened: Open) -> None:
    pool = await opened()
    worker = await worker_of(pool)
    os.kill(worker, signal.SIGINT)
    assert await worker_of(pool) == worker


async def test_workers_that_cannot_start_are_no_fault_of_the_order(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MISBEHAVE_AT_START", "yes")
    pool = await opened()
    with pytest.raises(WorkersUnavailable, match="ended with status 1"):
        await worker_of(pool)
    monkeypatch.delenv("MISBEHAVE_AT_START")
    assert await worker_of(pool)


async def test_closing_ends_what_is_under_way_and_what_waits(opened: Open, tmp_path: Path) -> None:
    pool = await opened()
    mark = tmp_path / "pid"
    under_way = asyncio.create_task(pool.render(an_order(number=f"hang {mark}"), {}))
    hanging = int(await written(mark))
    waiting = asyncio.create_task(worker_of(pool))
    await asyncio.sleep(0)
    await pool.close()
    results = await asyncio.gather(under_way, waiting, return_exceptions=True)
    assert [type(result) for result in results] == [WorkersUnavailable] * 2
    await gone(hanging)
    with pytest.raises(WorkersUnavailable):
        await worker_of(pool)


@pytest.mark.parametrize("warm", [False, True])
async def test_closing_leaves_no_process_and_no_descriptor(warm: bool) -> None:
    before = descriptors()
    for _ in range(5):
        pool = RenderPool(2, module=MISBEHAVING)
        await pool.start()
        worker = await worker_of(pool) if warm else None
        await pool.close()
        await pool.close()
        if worker:
            await gone(worker)
    assert descriptors() == before


async def test_a_worker_dies_with_a_parent_that_is_killed_outright(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    parent = await asyncio.create_subprocess_exec(sys.executable, "-m", "tests.tickets.parent", str(mark))
    hanging = int(await written(mark))
    parent.kill()
    await parent.wait()
    await gone(hanging)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))
