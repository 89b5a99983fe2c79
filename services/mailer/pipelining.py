"""MAIL, RCPT and DATA in one write, where the server can take them so (RFC 2920): one round trip in place of three.

aiosmtplib pairs one command with one reply and drops what comes beside it, so for the time of one mail the line's bytes
come here. What the server refused stays told apart: each command has its reply, in order, and the first that is a no
counts. The content leaves only after all three were taken: DATA alone hands nothing in.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import cast

import aiosmtplib

from services.mailer.refusals import Stage

TAKEN, GO_ON, CLOSING = frozenset({250, 251}), 354, 421
# As much as a reply may have; a server that says more is none.
MOST_BYTES = 65536


@dataclass(frozen=True, slots=True)
class Reply:
    """A server's answer; `text` has a line of its for each of ours, without the code."""

    stage: Stage
    code: int
    text: str


class LineLost(Exception):
    """The line broke, went silent or talked nonsense; `stage` is the command whose reply did not come."""

    def __init__(self, stage: Stage, reason: str) -> None:
        super().__init__(reason)
        self.stage = stage


async def hand_in(
    smtp: aiosmtplib.SMTP,
    commands: Sequence[bytes],
    content: bytes,
    before_data: Callable[[], None],
    seconds: tuple[float, float],
) -> Reply:
    """The first refusal, or the reply to the whole mail. Raises `LineLost`, and what `before_data` raises.

    `commands` are MAIL and RCPT, without line ends; `content` has CRLF line ends; `seconds` are the time-outs of a
    command and of the mail's end. A server that waits for a mail although it refused its recipient is hung up on.
    """
    with _taken_over(smtp) as line:
        line.write(b"\r\n".join((*commands, b"DATA", b"")))
        stages: tuple[Stage, ...] = ("mail", "rcpt", "data")
        replies: list[Reply] = []
        for stage in stages:
            replies.append(await line.reply(stage, seconds[0]))
            if replies[-1].code == CLOSING:
                break
        wanted = (TAKEN, TAKEN, {GO_ON})
        refused = next((reply for reply, good in zip(replies, wanted, strict=False) if reply.code not in good), None)
        if refused:
            if replies[-1].code == GO_ON:
                smtp.close()
            return refused
        before_data()
        line.write(_with_dots(content))
        return await line.reply("data", seconds[1])


def _with_dots(content: bytes) -> bytes:
    """RFC 5321 section 4.5.2."""
    stuffed = content.replace(b"\r\n.", b"\r\n..")
    start = b"." if stuffed.startswith(b".") else b""
    end = b".\r\n" if stuffed.endswith(b"\r\n") else b"\r\n.\r\n"
    return b"".join((start, stuffed, end))


@contextmanager
def _taken_over(smtp: aiosmtplib.SMTP) -> Iterator["_Line"]:
    """The line's bytes for the time of a block; aiosmtplib has them back at its end."""
    transport, usual = smtp.transport, smtp.protocol
    if transport is None or usual is None or transport.is_closing():
        raise LineLost("mail", "the line is closed")
    line = _Line(cast(asyncio.Transport, transport), usual)
    transport.set_protocol(line)
    try:
        yield line
    finally:
        transport.set_protocol(usual)


class _Line(asyncio.Protocol):
    def __init__(self, transport: asyncio.Transport, usual: asyncio.Protocol) -> None:
        self._transport = transport
        self._usual = usual
        self._buffer = b""
        self._lines: list[str] = []
        self._replies: deque[tuple[int, str]] = deque()
        self._lost: str | None = None
        self._changed = asyncio.Event()

    def write(self, data: bytes) -> None:
        self._transport.write(data)

    async def reply(self, stage: Stage, seconds: float) -> Reply:
        try:
            async with asyncio.timeout(seconds):
                while not self._replies:
                    if self._lost is not None:
                        raise LineLost(stage, self._lost)
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            raise LineLost(stage, f"no answer within {seconds:g} s") from None
        return Reply(stage, *self._replies.popleft())

    def data_received(self, data: bytes) -> None:
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        for line in lines:
            self._read(line.rstrip(b"\r"))
        if len(self._buffer) > MOST_BYTES or sum(map(len, self._lines)) > MOST_BYTES:
            self._lose("the answer has no end")
        self._changed.set()

    def eof_received(self) -> bool:
        self._lose("the server hung up")
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._lose(f"the line was lost: {error}" if error else "the line was lost")
        self._usual.connection_lost(error)

    def pause_writing(self) -> None:
        self._usual.pause_writing()

    def resume_writing(self) -> None:
        self._usual.resume_writing()

    def _read(self, line: bytes) -> None:
        code, more, text = line[:3], line[3:4], line[4:]
        if self._lost is not None:
            # Behind what is no answer nobody knows which command the next one is for.
            return None
        if not code.isdigit() or more not in (b"", b" ", b"-"):
            return self._lose("the answer is no SMTP")
        self._lines.append(text.strip().decode("utf-8", "surrogateescape"))
        if more != b"-":
            self._replies.append((int(code), "\n".join(self._lines)))
            self._lines = []
        return None

    def _lose(self, reason: str) -> None:
        if self._lost is None:
            self._lost = reason
        self._changed.set()
