"""A mail server that says what it is told to, word for word, and notes what came in one piece."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from services.mailer.dialling import SmtpServer
from services.mailer.lines import Lines

ANSWERS = {
    "EHLO": "250-mx.test\r\n250-PIPELINING\r\n250 SIZE",
    "HELO": "250 mx.test",
    "MAIL": "250 2.1.0 OK",
    "RCPT": "250 2.1.5 OK",
    "DATA": "354 go on",
    ".": "250 2.0.0 taken",
    "RSET": "250 2.0.0 OK",
    "QUIT": "221 2.0.0 bye",
}


@dataclass(slots=True)
class Scripted:
    """`answers` by command, `.` for a mail's end; a list is used up first to last, the last one stays.

    `lines` are the commands as they came, `pieces` which came together; `mails` what came between 354 and the dot.
    """

    answers: Mapping[str, str | list[str]]
    pieces: list[list[str]] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    connections: int = 0

    def answer(self, command: str) -> bytes:
        answer = self.answers.get(command, ANSWERS.get(command, "502 5.5.1 unknown"))
        if isinstance(answer, list):
            answer = answer.pop(0) if len(answer) > 1 else answer[0]
        return f"{answer}\r\n".encode()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        writer.write(b"220 mx.test ESMTP\r\n")
        buffer = b""
        while piece := await reader.read(65536):
            buffer += piece
            commands: list[str] = []
            while b"\r\n" in buffer:
                line, buffer = buffer.split(b"\r\n", 1)
                command = line[:4].decode().strip().upper()
                commands.append(command)
                self.lines.append(line.decode())
                answer = self.answer(command)
                writer.write(answer)
                if command == "DATA" and answer.startswith(b"354"):
                    buffer = await self._mail(buffer, reader, writer)
                if answer.startswith((b"221", b"421")):
                    writer.close()
                    return
            self.pieces.append(commands)
        writer.close()

    async def _mail(self, buffer: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        buffer = b"\r\n" + buffer
        while b"\r\n.\r\n" not in buffer:
            if not (piece := await reader.read(65536)):
                return b""
            buffer += piece
        mail, buffer = buffer.split(b"\r\n.\r\n", 1)
        self.mails.append(mail[2:])
        writer.write(self.answer("."))
        return buffer


@asynccontextmanager
async def scripted(answers: Mapping[str, str | list[str]], size: int = 1) -> AsyncIterator[tuple[Scripted, Lines]]:
    """The server, and lines to it."""
    server = Scripted(answers)
    listener = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        lines = Lines(SmtpServer("127.0.0.1", port, "never"), hello="test.example", size=size)
        yield server, lines
        await lines.close()
