"""The server: RFC 5321 as far as a submitting client needs it, on bare streams.

Its journal has a line `mail` for each that it takes, written before the answer, and `answered` after the 250 went out:
a mail without that line is one that its sender can't know was taken. `refused` are the answers it gave instead.
"""

import asyncio
import random
from contextlib import suppress
from types import TracebackType

from tests.chaos.journal import Journal
from tests.chaos.sink.letters import told_of
from tests.chaos.sink.misbehaviour import Misbehaviour, Verb
from tests.chaos.sink.session import Dropped, Session

LINE_BYTES = 65536


class Sink:
    """Listens on `port` of 127.0.0.1. `chance` decides who meets a misbehaviour.

    It takes up to `thinking` seconds over each mail before it answers, as servers do that write it to a disk.
    """

    def __init__(self, port: int, journal: Journal, chance: random.Random, thinking: float = 0.0) -> None:
        self._thinking = thinking
        self.url = f"smtp://127.0.0.1:{port}"
        self._port = port
        self._journal = journal
        self._chance = chance
        self._bad: Misbehaviour | None = None
        self._sane = asyncio.Event()
        self._sane.set()
        self._sessions: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self._taken = 0

    async def __aenter__(self) -> "Sink":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port, limit=LINE_BYTES)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server
        self._server.close()
        for session in self._sessions:
            session.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)
        await self._server.wait_closed()

    def misbehave(self, how: Misbehaviour) -> None:
        self._bad = how
        self._sane.clear()

    def behave(self) -> None:
        """Whoever was left waiting is answered now."""
        self._bad = None
        self._sane.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._sessions.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, Dropped):
                await Session(self, reader, writer).run()
        finally:
            self._sessions.discard(task)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def met(self, verb: Verb, recipient: str = "") -> str:
        """The refusal to give at this verb, empty for none. Raises `Dropped`; may wait."""
        bad = self._bad
        if bad is None or bad.verb != verb or self._chance.random() >= bad.share:
            return ""
        match bad.manner:
            case "reply":
                self._journal.note("refused", verb=verb, recipient=recipient, reply=bad.text)
                return bad.text
            case "drop":
                raise Dropped
            case "stall":
                await self._sane.wait()
        return ""

    def keeps_quiet(self) -> bool:
        """Whether a mail that is taken now is not to be answered for."""
        bad = self._bad
        return bad is not None and bad.manner == "take-and-drop" and self._chance.random() < bad.share

    async def think(self) -> None:
        await asyncio.sleep(self._chance.uniform(0, self._thinking))

    def take(self, sender: str, recipient: str, content: bytes) -> int:
        self._taken += 1
        self._journal.note("mail", serial=self._taken, sender=sender, recipient=recipient, **told_of(content))
        return self._taken

    def answered(self, serial: int) -> None:
        self._journal.note("answered", serial=serial)
