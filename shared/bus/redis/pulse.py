"""Whether Redis answers, looked at every other second."""

import asyncio
from collections.abc import Callable

from shared.background import Outage
from shared.bus.protocol import BusUnavailable
from shared.bus.redis.sessions import Sessions

EVERY_SECONDS = 2.0
WHILE_AWAY_SECONDS = 0.5


class Pulse:
    """`returned` is called whenever Redis is there again, perhaps another or an emptied one."""

    def __init__(self, sessions: Sessions, returned: Callable[[], None]) -> None:
        self._sessions = sessions
        self._returned = returned
        self._outage = Outage("bus")
        self.beats = False

    async def run(self) -> None:
        while True:
            try:
                async with self._sessions.use() as client:
                    await client.ping()
                self._outage.over()
                if not self.beats:
                    self.beats = True
                    self._returned()
            except BusUnavailable as error:
                self._outage.begins(error)
                self.beats = False
            await asyncio.sleep(EVERY_SECONDS if self.beats else WHILE_AWAY_SECONDS)
