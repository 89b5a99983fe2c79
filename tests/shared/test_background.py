"""Long tasks stay alive."""

import asyncio

import pytest

from shared import background
from shared.background import Background


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "RESTART_SECONDS", 0.001)


@pytest.mark.parametrize("ending", [RuntimeError("broken"), asyncio.CancelledError(), None])
async def test_a_task_that_falls_over_is_started_again(ending: BaseException | None) -> None:
    runs: asyncio.Queue[int] = asyncio.Queue()

    async def fall_over() -> None:
        runs.put_nowait(1)
        if ending:
            raise ending

    tasks = Background()
    tasks.start("falls over", fall_over)
    async with asyncio.timeout(5):
        for _ in range(3):
            await runs.get()
    await tasks.close()


async def test_close_waits_until_every_task_has_cleaned_up() -> None:
    started, cleaned = asyncio.Event(), asyncio.Event()

    async def run() -> None:
        try:
            started.set()
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned.set()

    tasks = Background()
    tasks.start("waits", run)
    await started.wait()
    await tasks.close()
    await tasks.close()
    assert cleaned.is_set()


async def test_close_ends_a_task_that_missed_its_cancel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "CANCEL_AGAIN_SECONDS", 0.001)
    started, swallowed = asyncio.Event(), asyncio.Event()

    async def swallow_one() -> None:
        try:
            started.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            swallowed.set()
        await asyncio.Event().wait()

    tasks = Background()
    tasks.start("swallows", swallow_one)
    await started.wait()
    async with asyncio.timeout(5):
        await tasks.close()
    assert swallowed.is_set()
