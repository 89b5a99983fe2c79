"""One connection to the mail server, verb by verb."""

import asyncio
from typing import Protocol

from tests.chaos.sink.misbehaviour import Verb


class Dropped(Exception):
    """The connection ends now."""


class Desk(Protocol):
    """What all connections share."""

    async def met(self, verb: Verb, recipient: str = "") -> str:
        """The refusal to give at this verb, empty for none. Raises `Dropped`; may wait."""

    def keeps_quiet(self) -> bool:
        """Whether a mail that is taken now is not to be answered for."""

    async def think(self) -> None:
        """Until the mail would be on a disk."""

    def take(self, sender: str, recipient: str, content: bytes) -> int:
        """The mail's serial number."""

    def answered(self, serial: int) -> None:
        """Its sender was told."""


class Session:
    """One connection: any number of mails, one recipient each."""

    def __init__(self, desk: Desk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._desk = desk
        self._reader = reader
        self._writer = writer
        self._sender = self._recipient = ""

    async def run(self) -> None:
        await self._answer("connect", "220 sink.example ESMTP")
        while line := (await self._reader.readline()).decode(errors="replace").strip():
            verb, _, rest = line.partition(" ")
            match verb.upper():
                case "EHLO" | "HELO":
                    await self._answer("ehlo", "250-sink.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 PIPELINING")
                case "MAIL":
                    self._sender, self._recipient = _address(rest), ""
                    await self._answer("mail", "250 2.1.0 fine")
                case "RCPT":
                    refusal = await self._answer("rcpt", "250 2.1.5 fine", _address(rest))
                    self._recipient = "" if refusal else _address(rest)
                case "DATA":
                    await self._data()
                case "RSET":
                    self._sender = self._recipient = ""
                    await self._say("250 2.0.0 forgotten")
                case "NOOP":
                    await self._say("250 2.0.0 still here")
                case "QUIT":
                    await self._answer("quit", "221 2.0.0 goodbye")
                    return
                case _:
                    await self._say("502 5.5.1 not here")

    async def _data(self) -> None:
        if not self._recipient:
            await self._say("503 5.5.1 no recipient")
            return
        if await self._answer("data", "354 go on", self._recipient):
            return
        content = await self._content()
        if refusal := await self._desk.met("dot", self._recipient):
            await self._say(refusal)
            return
        serial = self._desk.take(self._sender, self._recipient, content)
        await self._desk.think()
        if self._desk.keeps_quiet():
            raise Dropped
        await self._say("250 2.0.0 taken")
        self._desk.answered(serial)
        await self._desk.met("after", self._recipient)

    async def _content(self) -> bytes:
        lines: list[bytes] = []
        while (line := await self._reader.readline()) != b".\r\n":
            if not line.endswith(b"\n"):
                raise Dropped
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)

    async def _answer(self, verb: Verb, usual: str, recipient: str = "") -> str:
        """What was said instead of the usual, if anything."""
        refusal = await self._desk.met(verb, recipient)
        await self._say(refusal or usual)
        if refusal.startswith("421") or (refusal and verb == "connect"):
            raise Dropped
        return refusal

    async def _say(self, line: str) -> None:
        self._writer.write(f"{line}\r\n".encode())
        await self._writer.drain()


def _address(rest: str) -> str:
    """Of `FROM:<a@b> SIZE=1` or `TO:<a@b>`."""
    return rest.partition("<")[2].partition(">")[0]
