"""Four orders of 200 tickets, and fifty of two placed after them: `python -m benchmarks.mixed_sizes`.

Tells who is ready in which order, and how long the last small order takes beside what it takes with no large ones
there. Ratios travel between machines, milliseconds do not.
"""

import argparse
import asyncio
import time

from services.tickets.workers import RenderPool
from shared.messages import OrderPlaced
from tests.tickets.building import an_order, codes_of

SMALL, LARGE = 2, 200
WARM_UP_ORDERS = 4


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--processes", type=int, default=2)
    options.add_argument("--small", type=int, default=50)
    options.add_argument("--large", type=int, default=4)
    asyncio.run(_run(options.parse_args()))


async def _run(options: argparse.Namespace) -> None:
    pool = RenderPool(options.processes)
    await pool.start()
    try:
        for _ in range(WARM_UP_ORDERS):
            await _served(pool, [LARGE] * options.processes + [SMALL] * WARM_UP_ORDERS * options.processes)
        alone = await _served(pool, [SMALL] * options.small)
        beside = await _served(pool, [LARGE] * options.large + [SMALL] * options.small)
    finally:
        await pool.close()
    print("".join("L" if tickets == LARGE else "s" for tickets, _ in beside))
    last = {tickets: 1000 * when for tickets, when in beside}
    quiet = 1000 * alone[-1][1]
    print(f"last small order: {last[SMALL]:.0f} ms, {last[SMALL] / quiet:.1f} × what it is alone ({quiet:.0f} ms)")
    print(f"last large order: {last[LARGE]:.0f} ms")


async def _served(pool: RenderPool, sizes: list[int]) -> list[tuple[int, float]]:
    """Tickets of each order and when it was ready, in seconds, in the order they were."""
    served: list[tuple[int, float]] = []
    began = time.perf_counter()

    async def one(order: OrderPlaced) -> None:
        await pool.render(order, codes_of(order))
        served.append((len(order.tickets), time.perf_counter() - began))

    await asyncio.gather(*(one(an_order(*(f"Guest {n}" for n in range(tickets)))) for tickets in sizes))
    return served


if __name__ == "__main__":
    main()
