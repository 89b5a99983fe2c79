"""A port at which every connection ends at once, as at a server that is shutting down; counts them."""

import asyncio
from types import TracebackType


class Refusing:
    def __init__(self, port: int) -> None:
        self._port = port
        self._server: asyncio.Server | None = None
        self.refused = 0

    async def __aenter__(self) -> "Refusing":
        self._server = await asyncio.start_server(self._refuse, "127.0.0.1", self._port)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server
        self._server.close()
        await self._server.wait_closed()

    def _refuse(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.refused += 1
        writer.transport.abort()
