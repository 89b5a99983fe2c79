"""The buyers of `benchmarks/native`, compiled when wanted: orders over HTTP and the mails that follow, timed."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

SOURCES = Path(__file__).with_name("native")
MARK = "@SERIAL@"


@dataclass(frozen=True, slots=True)
class Run:
    """Either `window` orders that are placed and not yet mailed at any time, or `rate` orders a second.

    Measured is, after `warm_up`, until `seconds` have passed and `orders` were mailed; then up to `drain` seconds are
    waited for the mails that are still to come.
    """

    seconds: float
    window: int = 0
    rate: float = 0
    warm_up: float = 2
    orders: int = 0
    drain: float = 120

    def __str__(self) -> str:
        return f"{self.window} {self.rate} {self.warm_up} {self.seconds} {self.orders} {self.drain}"


class Outcome(msgspec.Struct, frozen=True):
    """`mailed` orders within `seconds`; `answered` and `mailed_after` in milliseconds since the order was due.

    `refused` counts answers that were no success, by `statuses` (0 is a lost connection); `unmailed` were still to come
    at the end, `stray` mails were of an earlier run. `cpu_seconds` are the buyers' own, since they began.
    """

    seconds: float
    mailed: int
    drain_seconds: float
    unmailed: int
    duplicates: int
    refused: int
    stray: int
    cpu_seconds: float
    statuses: dict[str, int]
    answered: dict[str, float]
    mailed_after: dict[str, float]

    @property
    def a_second(self) -> float:
        return self.mailed / self.seconds


class Buyers:
    """Made by `opened`; one run at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise TypeError("buyers are started with pipes")
        self._commands, self._answers = process.stdin, process.stdout

    async def perform(
        self, run: Run, on_begun: Callable[[], None] = lambda: None, on_ended: Callable[[], None] = lambda: None
    ) -> Outcome:
        """The two are called when the measured time begins and ends."""
        self._commands.write(f"{run}\n".encode())
        await self._expect(b"begun")
        on_begun()
        await self._expect(b"ended")
        on_ended()
        return msgspec.json.decode(await self._line(), type=Outcome)

    async def _expect(self, word: bytes) -> None:
        if (line := await self._line()) != word:
            raise RuntimeError(f"the buyers said {line!r}, not {word!r}")

    async def _line(self) -> bytes:
        line = await self._answers.readline()
        if not line:
            raise RuntimeError("the buyers are gone")
        return line.strip()


@asynccontextmanager
async def opened(http_port: int, smtp_port: int, request: bytes, connections: int = 64) -> AsyncIterator[Buyers]:
    """`request` has `@SERIAL@` in the local part of the buyer's address, after a `b`: `b@SERIAL@@example.org`."""
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "buyers"
        await _compile(program)
        process = await asyncio.create_subprocess_exec(
            *(str(program), str(http_port), str(smtp_port), str(connections)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        try:
            buyers = Buyers(process)
            if process.stdin:
                process.stdin.write(f"{len(request)}\n".encode() + request)
            yield buyers
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()


def an_order(path: str, body: str) -> bytes:
    """A request whose body has marks, each of which is sent as ten digits."""
    length = len(body.replace(MARK, "0" * 10).encode())
    return (
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        f"{body}"
    ).encode()


async def _compile(program: Path) -> None:
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if not compiler:
        raise SystemExit("a C compiler (cc, gcc or clang) is needed for the buyers")
    process = await asyncio.create_subprocess_exec(
        compiler, "-O2", "-Wall", "-Wextra", "-o", str(program), *map(str, sorted(SOURCES.glob("*.c")))
    )
    if await process.wait():
        raise SystemExit("the buyers could not be compiled")
