"""A load generator cheap enough not to be what is measured: prebuilt bytes over kept connections.

Runs as a process of its own, told by a `Spec` in JSON on stdin, and writes a `Result` on stdout. A
closed loop sends on each connection as soon as it has its answer; an open loop sends at a fixed
rate, and counts each latency from the moment the request was due, so that waiting for a free
connection is waiting. Requests are taken at random; `@KEY@` in one becomes a number never used before.
"""

import asyncio
import random
import secrets
import sys
import time
from array import array
from collections import Counter, deque
from itertools import count

import msgspec
import uvloop

TICK_SECONDS = 0.001
DRAIN_SECONDS = 10.0
KEY = b"@KEY@"


class Spec(msgspec.Struct, frozen=True):
    """`rate` is in requests a second over all connections; None is a closed loop. The first `warm_up` seconds
    count for nothing. `most` ends the run after so many answers."""

    port: int
    requests: list[bytes]
    connections: int
    seconds: float
    warm_up: float = 1.0
    rate: float | None = None
    most: int | None = None
    seed: int = 1


class Result(msgspec.Struct, frozen=True):
    """Answers by status after the warm-up (0 is a lost connection), over `seconds`; latencies in milliseconds."""

    seconds: float
    statuses: dict[int, int]
    percentiles: dict[str, float]
    unanswered: int

    @property
    def a_second(self) -> float:
        return sum(self.statuses.values()) / self.seconds


class Load:
    """What the connections share: what to send next, and what came back."""

    def __init__(self, spec: Spec) -> None:
        self._spec = spec
        self._draw = random.Random(spec.seed)
        self._parts = [request.split(KEY) for request in spec.requests]
        self._serial, self._run = count(), secrets.token_hex(8)
        self.idle: deque[Connection] = deque()
        self.due: deque[float] = deque()
        self.statuses: Counter[int] = Counter()
        self.latencies = array("d")
        self.measuring = False
        self.ended = asyncio.Event()

    def next_request(self) -> bytes:
        parts = self._parts[0] if len(self._parts) == 1 else self._draw.choice(self._parts)
        if len(parts) == 1:
            return parts[0]
        return parts[0] + f"{self._run}-{next(self._serial)}".encode() + parts[1]

    def answered(self, connection: "Connection", status: int, latency: float) -> None:
        if self.measuring:
            self.statuses[status] += 1
            self.latencies.append(latency)
            if len(self.latencies) == self._spec.most:
                self.ended.set()
        if self.ended.is_set():
            self.idle.append(connection)
        elif self._spec.rate is None:
            connection.send(time.perf_counter())
        elif self.due:
            connection.send(self.due.popleft())
        else:
            self.idle.append(connection)

    async def run(self) -> Result:
        loop = asyncio.get_running_loop()
        for _ in range(self._spec.connections):
            await loop.create_connection(lambda: Connection(self), "127.0.0.1", self._spec.port)
        pace = asyncio.create_task(self._pace(self._spec.rate) if self._spec.rate else self._start_all())
        await asyncio.sleep(self._spec.warm_up)
        self.measuring, began = True, time.perf_counter()
        try:
            async with asyncio.timeout(self._spec.seconds):
                await self.ended.wait()
        except TimeoutError:
            self.ended.set()
        seconds = time.perf_counter() - began
        self.measuring = self._spec.rate is not None
        await pace
        await self._drain()
        unanswered = self._spec.connections - len(self.idle) + len(self.due)
        return Result(seconds, dict(self.statuses), percentiles(self.latencies), unanswered)

    async def _start_all(self) -> None:
        while self.idle:
            self.idle.popleft().send(time.perf_counter())

    async def _pace(self, rate: float) -> None:
        due = time.perf_counter()
        while not self.ended.is_set():
            while due <= time.perf_counter():
                if self.idle:
                    self.idle.popleft().send(due)
                else:
                    self.due.append(due)
                due += 1 / rate
            await asyncio.sleep(TICK_SECONDS)

    async def _drain(self) -> None:
        """What is under way when the time is up is still waited for."""
        ends = time.perf_counter() + DRAIN_SECONDS
        while len(self.idle) < self._spec.connections and time.perf_counter() < ends:
            await asyncio.sleep(TICK_SECONDS)


class Connection(asyncio.Protocol):
    """One request at a time; connects again when it is cut off."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._began = 0.0
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._load.idle.append(self)

    def send(self, began: float) -> None:
        self._began = began
        self._transport.write(self._load.next_request())

    def data_received(self, data: bytes) -> None:
        self._buffer = data = self._buffer + data if self._buffer else data
        head = data.find(b"\r\n\r\n")
        if head >= 0 and _whole(data, head):
            self._buffer = b""
            self._load.answered(self, int(data[9:12]), time.perf_counter() - self._began)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._load.ended.is_set():
            self._load.answered(_Lost(), 0, time.perf_counter() - self._began)


def _whole(data: bytes, head: int) -> bool:
    """Whether it is all of an answer. HAProxy writes names in small letters; Varnish passes on in chunks."""
    field = data.find(b"ontent-", 0, head)
    while field >= 0 and data[field + 7 : field + 14].lower() != b"length:":
        field = data.find(b"ontent-", field + 7, head)
    if field < 0:
        return data.endswith(b"\r\n0\r\n\r\n")
    return len(data) >= head + 4 + int(data[field + 14 : data.find(b"\r", field)])


class _Lost(Connection):
    """Stands for a connection that is gone."""

    def __init__(self) -> None:
        return

    def send(self, began: float) -> None:
        return


def percentiles(latencies: "array[float]") -> dict[str, float]:
    """The p50, p99, p99.9 and longest of these seconds, in milliseconds."""
    ordered = sorted(latencies)
    if not ordered:
        return {}
    ranks = {"p50": 0.5, "p99": 0.99, "p99.9": 0.999, "max": 1.0}
    return {name: 1000 * ordered[min(int(rank * len(ordered)), len(ordered) - 1)] for name, rank in ranks.items()}


async def main() -> None:
    spec = msgspec.json.decode(sys.stdin.buffer.read(), type=Spec)
    sys.stdout.buffer.write(msgspec.json.encode(await Load(spec).run()))


if __name__ == "__main__":
    uvloop.run(main())
