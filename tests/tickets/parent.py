"""A service that starts a worker, gives it a job that hangs, and is killed: `python -m tests.tickets.parent MARK`."""

import asyncio
import sys

from services.tickets.workers import RenderPool
from tests.tickets.building import an_order


async def main(mark: str) -> None:
    pool = RenderPool(1, module="tests.tickets.misbehaving")
    await pool.start()
    await pool.render(an_order(number=f"hang {mark}"), {})


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
