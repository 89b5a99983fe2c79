"""Being slow is no proof of being impossible: more time, another try, and nobody who waits for it."""

import asyncio
import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from services.tickets.deadlines import RenderDeadlines, ReturnTimes, SlowRenders, wait_after_slow
from services.tickets.measuring import RenderMeasures
from services.tickets.render_errors import RenderFailed, RenderTooSlow
from services.tickets.rendering import render
from services.tickets.worker_process import START_SECONDS
from services.tickets.workers import LONGEST_RENDER_SECONDS, WAIT_SECONDS
from tests.servers.waiting import eventually
from tests.tickets.building import an_order, codes_of
from tests.tickets.pools import Open, gone, worker_of, written

SOON = RenderDeadlines(base=timedelta(seconds=0.3), per_ticket=timedelta())
LATER = RenderDeadlines(base=timedelta(seconds=2), per_ticket=timedelta())


class OneShort(RenderDeadlines):
    """A first deadline that passes at once, and then any amount of time."""

    def of(self, tickets: int, slow_tries: int) -> timedelta:
        return timedelta(minutes=1) if slow_tries else timedelta(seconds=0.3)


@pytest.mark.parametrize(
    ("tickets", "slow_tries", "seconds"),
    [(1, 0, 10.1), (200, 0, 30), (1000, 0, 110), (1000, 1, 220), (1000, 2, 240), (1, 3, 80.8), (1, 10_000, 240)],
)
def test_the_deadline_grows_with_the_tickets_and_doubles_with_each_slow_try(
    tickets: int, slow_tries: int, seconds: float
) -> None:
    assert RenderDeadlines().of(tickets, slow_tries) == timedelta(seconds=seconds)


def test_the_bus_lets_a_render_take_all_the_time_it_may_need() -> None:
    tries = 2 * (START_SECONDS + RenderDeadlines().longest.total_seconds())
    assert WAIT_SECONDS + tries < LONGEST_RENDER_SECONDS


def test_a_slow_order_waits_longer_and_longer_up_to_five_minutes() -> None:
    assert [wait_after_slow(tries).total_seconds() for tries in range(1, 7)] == [1, 10, 60, 300, 300, 300]


def test_of_slow_orders_the_last_thousand_are_remembered() -> None:
    slow = SlowRenders()
    assert [slow.add(str(number % 1001)) for number in range(1002)] == [1] * 1002
    assert (slow.add("1001"), slow.add("1001"), slow.tries("1001")) == (1, 2, 2)
    slow.forget("1001")
    assert slow.tries("1001") == 0


def test_orders_that_were_turned_away_come_back_one_after_another() -> None:
    times = ReturnTimes(processes=2)
    assert [times.next(200, now=100.0).total_seconds() for _ in range(3)] == pytest.approx([1.1, 1.2, 1.3])
    assert times.next(200, now=200.0).total_seconds() == pytest.approx(1.1)


async def test_an_order_of_a_thousand_tickets_is_drawn(opened: Open) -> None:
    order = an_order(*(f"Guest {n}" for n in range(1000)))
    pool = await opened(module="services.tickets.rendering")
    assert await pool.render(order, codes_of(order)) == render(order, codes_of(order))


async def test_a_slow_render_is_tried_again_with_more_time_and_never_given_up(opened: Open, tmp_path: Path) -> None:
    pool = await opened(deadlines=SOON)
    order = an_order(number=f"hang {tmp_path / 'pid'}")
    for seconds, wait in ((0.3, 1), (0.6, 10), (1.2, 60)):
        with pytest.raises(RenderTooSlow, match=f"still drawing after {seconds} s") as slow:
            await pool.render(order, {})
        assert slow.value.after == timedelta(seconds=wait)


async def test_an_order_that_was_slow_once_is_drawn_at_a_later_try(opened: Open, tmp_path: Path) -> None:
    pool = await opened(deadlines=OneShort())
    order = an_order(number=f"wait {tmp_path / 'mark'}")
    with pytest.raises(RenderTooSlow):
        await pool.render(order, {})
    (tmp_path / "mark").touch()
    assert await pool.render(order, {})


async def test_an_order_that_was_slow_once_holds_up_no_small_one_at_its_next_try(opened: Open, tmp_path: Path) -> None:
    pool = await opened(deadlines=OneShort())
    order = an_order(number=f"hang {tmp_path / 'pid'}")
    with pytest.raises(RenderTooSlow):
        await pool.render(order, {})
    (tmp_path / "pid").unlink()
    again = asyncio.create_task(pool.render(order, {}))
    assert int(await written(tmp_path / "pid")) != await worker_of(pool)
    assert not again.done()
    again.cancel()


async def test_a_worker_killed_once_and_slow_once_is_no_proof_against_the_order(opened: Open, tmp_path: Path) -> None:
    pool = await opened(deadlines=LATER)
    order = an_order(number=f"hang {tmp_path / 'pid'}")
    under_way = asyncio.create_task(pool.render(order, {}))
    first = int(await written(tmp_path / "pid"))
    (tmp_path / "pid").unlink()
    os.kill(first, signal.SIGKILL)
    with pytest.raises(RenderTooSlow):
        await under_way


async def test_a_worker_stopped_while_idle_is_noticed_and_replaced(opened: Open) -> None:
    registry = CollectorRegistry()
    pool = await opened(answer_seconds=0.5, measures=RenderMeasures(registry))
    stopped = await worker_of(pool)
    with capture_logs() as logs:
        os.kill(stopped, signal.SIGSTOP)
        await gone(stopped)
        assert await worker_of(pool) != stopped
    assert replaced(registry, "stopped") == 1
    assert [(line["event"], line["reason"], line["pid"]) for line in logs] == [
        ("render.worker_replaced", "stopped", stopped)
    ]


async def test_a_worker_killed_while_idle_is_replaced_before_it_is_needed(opened: Open) -> None:
    registry = CollectorRegistry()
    pool = await opened(answer_seconds=0.5, measures=RenderMeasures(registry))
    os.kill(await worker_of(pool), signal.SIGKILL)

    async def is_replaced() -> bool:
        return replaced(registry, "lost") == 1

    await eventually(is_replaced)
    assert await worker_of(pool)


async def test_a_worker_stopped_while_it_draws_is_replaced_at_the_deadline(opened: Open, tmp_path: Path) -> None:
    registry = CollectorRegistry()
    pool = await opened(deadlines=LATER, measures=RenderMeasures(registry))
    under_way = asyncio.create_task(pool.render(an_order(number=f"hang {tmp_path / 'pid'}"), {}))
    stopped = int(await written(tmp_path / "pid"))
    os.kill(stopped, signal.SIGSTOP)
    with pytest.raises(RenderTooSlow):
        await under_way
    await gone(stopped)
    assert replaced(registry, "slow") == 1


async def test_an_order_that_kills_its_worker_twice_is_given_up_however_slow_it_was(
    opened: Open, tmp_path: Path
) -> None:
    pool = await opened(deadlines=OneShort())
    order = an_order(number=f"hang {tmp_path / 'pid'}")
    with pytest.raises(RenderTooSlow):
        await pool.render(order, {})
    (tmp_path / "pid").unlink()
    under_way = asyncio.create_task(pool.render(order, {}))
    for _ in range(2):
        worker = int(await written(tmp_path / "pid"))
        (tmp_path / "pid").unlink()
        os.kill(worker, signal.SIGKILL)
    with pytest.raises(RenderFailed, match="two rendering processes in a row"):
        await under_way


def replaced(registry: CollectorRegistry, reason: str) -> float | None:
    return registry.get_sample_value("boxoffice_render_workers_replaced_total", {"reason": reason})
