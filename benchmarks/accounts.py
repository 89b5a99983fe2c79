"""What a system used: processor time by process, commits and write-ahead log, memory. From `/proc` and Postgres."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import asyncpg

_TICKS = os.sysconf("SC_CLK_TCK")
# What is in /proc/PID/stat after the name: utime, stime, and those of children that were waited for.
_CPU_FIELDS = slice(11, 15)


@dataclass(frozen=True, slots=True)
class Usage:
    """Processor seconds of each process with all under it, since it began."""

    cpu: Mapping[str, float]
    commits: int
    wal_bytes: int

    def since(self, before: "Usage") -> "Usage":
        return Usage(
            {name: seconds - before.cpu.get(name, 0.0) for name, seconds in self.cpu.items()},
            self.commits - before.commits,
            self.wal_bytes - before.wal_bytes,
        )


def cpu_seconds(pids: Mapping[str, int]) -> dict[str, float]:
    """By name; what draws under `tickets` is told apart as `rendering`."""
    used = {name: _tree_cpu(pid) for name, pid in pids.items()}
    if tickets := pids.get("tickets"):
        own = _cpu(tickets)
        used["rendering"] = used["tickets"] - own
        used["tickets"] = own
    return used


def memory_bytes(pids: Mapping[str, int]) -> dict[str, int]:
    """Each process with all under it; what several share, as Postgres' buffers, counts once (proportional set size)."""
    return {name: sum(_memory(each) for each in _tree(pid)) for name, pid in pids.items()}


async def commits_and_wal(url: str) -> tuple[int, int]:
    """Transactions of this database, reading ones too, and bytes of the server's log, so far."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("SELECT pg_stat_clear_snapshot()")
        row = await connection.fetchrow(
            "SELECT xact_commit, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint"
            "  FROM pg_stat_database WHERE datname = current_database()"
        )
    finally:
        await connection.close()
    if row is None:
        raise LookupError("Postgres counts nothing for this database")
    return row[0], row[1]


async def postmaster(url: str) -> int | None:
    """The process that all of the server's come from; None when it runs elsewhere."""
    connection = await asyncpg.connect(url)
    try:
        # While it is connected: its process ends with the connection.
        return _parent(await connection.fetchval("SELECT pg_backend_pid()"), "postgres")
    finally:
        await connection.close()


def listener(port: int) -> int | None:
    """The process that listens on this TCP port of this machine; None when there is none that we may look at."""
    sockets = {
        f"socket:[{fields[9]}]"
        for table in ("tcp", "tcp6")
        for fields in map(str.split, Path(f"/proc/net/{table}").read_text().splitlines()[1:])
        if fields[3] == "0A" and int(fields[1].rpartition(":")[2], 16) == port
    }
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(os.readlink(each) in sockets for each in (process / "fd").iterdir()):
                return int(process.name)
        except OSError:
            continue
    return None


def _parent(pid: int, name: str) -> int | None:
    """That of process `pid`, if this machine has it under that name."""
    stat = Path(f"/proc/{pid}/stat")
    try:
        return int(_fields(stat)[1]) if f"({name}" in stat.read_text() else None
    except OSError:
        return None


def _tree(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [pid, *(each for child in children for each in _tree(int(child)))]


def _tree_cpu(pid: int) -> float:
    return sum(_cpu(each) for each in _tree(pid))


def _cpu(pid: int) -> float:
    try:
        return sum(int(ticks) for ticks in _fields(Path(f"/proc/{pid}/stat"))[_CPU_FIELDS]) / _TICKS
    except OSError:
        return 0.0


def _memory(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)


def _fields(stat: Path) -> list[str]:
    """What follows the process' name, which may have anything in it: state, parent, …"""
    return stat.read_text().rpartition(")")[2].split()
