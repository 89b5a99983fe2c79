"""A process that follows the flags and says when one of them turns: `python -m tests.flags.watcher FLAG`.

Prints `off` or `on` with the monotonic clock, which all processes of a machine share, whenever it is another.
"""

import asyncio
import sys
import time
from contextlib import AsyncExitStack

from shared.background import Background
from shared.flags import open_flags
from shared.flags.declared import Flag
from shared.settings import Settings
from shared.telemetry import configure_logs

LOOK_SECONDS = 0.002


async def main(name: str) -> None:
    flag = Flag(name, default=False, owner="test", description="")
    async with AsyncExitStack() as parts:
        background = Background()
        parts.push_async_callback(background.close)
        flags = await open_flags(Settings(), "watcher", parts, background)
        known = None
        while True:
            on = flags.now().on(flag)
            if on is not known:
                known = on
                print("on" if on else "off", time.monotonic(), flush=True)
            await asyncio.sleep(LOOK_SECONDS)


if __name__ == "__main__":
    configure_logs("watcher", "json", "error")
    asyncio.run(main(sys.argv[1]))
