"""Small orders and large ones side by side: neither waits for the other."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from services.tickets.deadlines import LARGE_TICKETS
from services.tickets.lanes import Lanes
from services.tickets.render_errors import LargeOrdersWaiting, WorkersUnavailable
from services.tickets.workers import LARGE_A_WORKER
from shared.messages import OrderPlaced
from tests.tickets.building import an_order
from tests.tickets.pools import Open, worker_of

LARGE, SMALL = True, False


def a_large_order(mark: Path, tickets: int = 200) -> OrderPlaced:
    """One that is being drawn until there is a file at `mark`."""
    return an_order(*(f"Guest {n}" for n in range(tickets)), number=f"wait {mark}")


@pytest.mark.parametrize("processes", [1, 2])
async def test_no_small_order_waits_for_a_large_one(opened: Open, tmp_path: Path, processes: int) -> None:
    pool = await opened(processes)
    large = [asyncio.create_task(pool.render(a_large_order(tmp_path / "mark"), {})) for _ in range(4)]
    await asyncio.sleep(0)
    small = await asyncio.gather(*(worker_of(pool) for _ in range(50)))
    assert len(small) == 50
    assert not any(each.done() for each in large)
    (tmp_path / "mark").touch()
    assert all(await asyncio.gather(*large))


async def test_large_orders_use_as_many_workers_as_there_are_processes(opened: Open, tmp_path: Path) -> None:
    pool = await opened(2)
    large = [asyncio.create_task(pool.render(a_large_order(tmp_path / "mark"), {})) for _ in range(4)]
    assert len(set(await asyncio.gather(*(worker_of(pool) for _ in range(20))))) == 1
    (tmp_path / "mark").touch()
    assert len(set(await asyncio.gather(*large))) == 2


async def test_an_order_of_no_more_than_twenty_tickets_is_small(opened: Open) -> None:
    pool = await opened()
    order = an_order(*(f"Guest {n}" for n in range(LARGE_TICKETS)))
    assert int(await pool.render(order, {})) == await worker_of(pool)


async def test_large_orders_for_which_there_is_no_room_are_turned_away_and_small_ones_are_not(
    opened: Open, tmp_path: Path
) -> None:
    pool = await opened()
    large = [asyncio.create_task(pool.render(a_large_order(tmp_path / "mark"), {})) for _ in range(LARGE_A_WORKER)]
    await asyncio.sleep(0)
    with pytest.raises(LargeOrdersWaiting) as turned_away:
        await pool.render(a_large_order(tmp_path / "mark"), {})
    assert turned_away.value.after
    assert await worker_of(pool)
    (tmp_path / "mark").touch()
    assert all(await asyncio.gather(*large))


async def test_an_order_for_which_no_worker_comes_free_is_postponed(opened: Open, tmp_path: Path) -> None:
    pool = await opened(wait_seconds=0.1)
    held = asyncio.create_task(pool.render(an_order(number=f"wait {tmp_path / 'mark'}"), {}))
    await asyncio.sleep(0)
    with pytest.raises(WorkersUnavailable, match=r"came free within 0\.1 s"):
        await worker_of(pool)
    (tmp_path / "mark").touch()
    assert await held


async def turns(lanes: Lanes[str], orders: str) -> str:
    """Who was served in which order when each of `orders` (`s`mall, `L`arge) waits from the start, on a busy worker."""
    served: list[str] = []

    async def one(size: str) -> None:
        async with lanes.worker(large=size.isupper(), within=20):
            served.append(size)
            await asyncio.sleep(0)

    async with AsyncExitStack() as busy:
        await busy.enter_async_context(lanes.worker(large=SMALL, within=20))
        await busy.enter_async_context(lanes.worker(large=SMALL, within=20))
        waiting = [asyncio.create_task(one(size)) for size in orders]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    return "".join(served)


async def test_a_stream_of_small_orders_does_not_keep_a_large_one_out() -> None:
    assert (await turns(Lanes(["a", "b"]), "ssssssL")).index("L") == 0


async def test_orders_of_one_size_come_first_come_first_served() -> None:
    assert await turns(Lanes(["a", "b"]), "abcdef") == "abcdef"


async def test_one_worker_is_left_to_small_orders_by_large_ones() -> None:
    lanes = Lanes(["a", "b", "c"])
    async with lanes.worker(large=LARGE, within=20), lanes.worker(large=LARGE, within=20):
        third = asyncio.create_task(lanes.worker(large=LARGE, within=20).__aenter__())
        async with lanes.worker(large=SMALL, within=20) as left:
            assert left in "abc"
        assert not third.done()
        third.cancel()


@pytest.mark.parametrize("size", [SMALL, LARGE])
async def test_whoever_is_cancelled_in_the_moment_of_its_turn_gives_the_worker_on(size: bool) -> None:
    lanes = Lanes(["a", "b"])
    async with lanes.worker(large=size, within=20), lanes.worker(large=SMALL, within=20):
        waiting = [asyncio.create_task(hold(lanes, size)) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
    waiting[1].cancel()
    results = await asyncio.gather(*waiting, return_exceptions=True)
    assert results[2] in ("a", "b")
    assert lanes.large == 0


async def hold(lanes: Lanes[str], large: bool) -> str:
    async with lanes.worker(large=large, within=20) as worker:
        return worker
