"""A TCP proxy that misbehaves on command, between a bus and its broker."""

import asyncio
from collections.abc import Sequence
from urllib.parse import urlsplit, urlunsplit


class FaultProxy:
    """Forwards to the broker of `url`; its own address is in `self.url`."""

    def __init__(self, url: str, default_port: int) -> None:
        self._parts = urlsplit(url)
        self._target = (self._parts.hostname or "127.0.0.1", self._parts.port or default_port)
        self._server: asyncio.Server | None = None
        self._port = 0
        self._lines: set[asyncio.Task[None]] = set()
        self._flowing = asyncio.Event()
        self._flowing.set()

    @property
    def url(self) -> str:
        login = self._parts.netloc.rpartition("@")[0]
        return urlunsplit(self._parts._replace(netloc=f"{login}@127.0.0.1:{self._port}"))

    async def start(self) -> None:
        """Listen, on the same port as before when there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Refuse connections and reset those that are open."""
        if self._server:
            self._server.close()
            self._server = None
        await self.cut()

    async def cut(self) -> None:
        """Reset every open connection."""
        lines = list(self._lines)
        for line in lines:
            line.cancel()
        await asyncio.gather(*lines, return_exceptions=True)

    def freeze(self) -> None:
        """Swallow nothing, answer nothing: what is sent waits for `thaw`."""
        self._flowing.clear()

    def thaw(self) -> None:
        self._flowing.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        line = asyncio.create_task(self._forward(reader, writer))
        self._lines.add(line)
        line.add_done_callback(self._lines.discard)

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
            ends.append(far_writer)
            there = asyncio.create_task(self._pump(reader, far_writer))
            back = asyncio.create_task(self._pump(far_reader, writer))
            try:
                await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
            finally:
                there.cancel()
                back.cancel()
        except OSError:
            return
        finally:
            for end in ends:
                end.transport.abort()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()
        except OSError:
            return


class FaultProxies:
    """Proxies that misbehave together."""

    def __init__(self, proxies: Sequence[FaultProxy]) -> None:
        self._proxies = proxies

    @property
    def url(self) -> str:
        return ",".join(proxy.url for proxy in self._proxies)

    async def start(self) -> None:
        await asyncio.gather(*(proxy.start() for proxy in self._proxies))

    async def stop(self) -> None:
        await asyncio.gather(*(proxy.stop() for proxy in self._proxies))

    async def cut(self) -> None:
        await asyncio.gather(*(proxy.cut() for proxy in self._proxies))

    def freeze(self) -> None:
        for proxy in self._proxies:
            proxy.freeze()

    def thaw(self) -> None:
        for proxy in self._proxies:
            proxy.thaw()
