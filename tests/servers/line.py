"""A line to a server that can be cut and mended, as if the server had gone and come back."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from types import TracebackType
from urllib.parse import urlsplit


class Line:
    """Forwards a port of its own on 127.0.0.1 to the server of `url`.

    `url` leads through the line. While cut, nothing listens and every open connection is reset. While held,
    connections stand and are taken, and nothing comes through.
    """

    def __init__(self, url: str, port: int) -> None:
        parts = urlsplit(url)
        self._target = (parts.hostname or "127.0.0.1", parts.port or 0)
        self.port = port
        login = parts.netloc.rpartition("@")[0]
        self.url = parts._replace(netloc=f"{login}@127.0.0.1:{port}" if login else f"127.0.0.1:{port}").geturl()
        self._server: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._calls: set[asyncio.Task[None]] = set()
        self._last_words: tuple[tuple[bytes, ...], bytes] | None = None
        self._silent = False
        self._flowing = asyncio.Event()

    async def __aenter__(self) -> "Line":
        await self.mend()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.cut()

    async def mend(self) -> None:
        """Take connections again, and pass on what was held."""
        self._flowing.set()
        if self._server is None:
            self._server = await asyncio.start_server(self._call, "127.0.0.1", self.port)

    def hold(self) -> None:
        """Pass nothing on, as a network that drops every packet."""
        self._flowing.clear()

    async def cut(self) -> None:
        """Reset every connection and refuse new ones."""
        self._flowing.set()
        server = self._break()
        await asyncio.gather(*self._calls, return_exceptions=True)
        if server:
            await server.wait_closed()

    def cut_after(self, words: bytes, *said: bytes) -> None:
        """Cut as soon as the server has answered these words of a connection that has `said` all of this before.

        Nobody hears the answer.
        """
        self._last_words = (said, words)

    def _break(self) -> asyncio.Server | None:
        server, self._server = self._server, None
        if server:
            server.close()
            for end in self._ends:
                end.transport.abort()
        return server

    async def _call(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        self._calls.add(task)
        self._ends.add(writer)
        await self._flowing.wait()
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
        else:
            self._ends.add(far_writer)
            heard = bytearray()
            await asyncio.gather(
                self._copy(reader, far_writer, partial(self._hear, heard)),
                self._copy(far_reader, writer, self._answer),
            )
            self._ends.discard(far_writer)
        finally:
            self._ends.discard(writer)
            self._calls.discard(task)

    def _hear(self, heard: bytearray, chunk: bytes) -> None:
        heard += chunk
        if self._last_words and self._last_words[1] in chunk and all(each in heard for each in self._last_words[0]):
            self._last_words, self._silent = None, True

    def _answer(self, _: bytes) -> None:
        if self._silent:
            self._silent = False
            self._break()

    async def _copy(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, hear: Callable[[bytes], None]
    ) -> None:
        with suppress(OSError):
            while chunk := await reader.read(65536):
                await self._flowing.wait()
                hear(chunk)
                writer.write(chunk)
                await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
