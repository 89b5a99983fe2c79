"""What `benchmarks.fulfilment` says of a system, a line a fact."""

from collections.abc import Mapping
from dataclasses import dataclass

from benchmarks.accounts import Usage
from benchmarks.buyers import Outcome


@dataclass(frozen=True, slots=True)
class Yardstick:
    """What the others are compared with, each measured in this run."""

    naive_a_second: float
    celery_a_second: float | None = None


def tell_naive(a_second: float) -> None:
    _row("naive tickets", f"{a_second:.1f}/s on one core, {1000 / a_second:.1f} ms each")


def tell_rate(outcome: Outcome, yardstick: Yardstick) -> None:
    ratios = f"{outcome.a_second / yardstick.naive_a_second:.2f} × naive tickets"
    if yardstick.celery_a_second:
        ratios += f", {outcome.a_second / yardstick.celery_a_second:.1f} × the Celery design"
    _row("mailed", f"{outcome.a_second:.1f} orders/s, {ratios}")


def tell_usage(used: Usage, outcome: Outcome, yardstick: Yardstick) -> None:
    costs = {name: 1000 * seconds / outcome.mailed for name, seconds in used.cpu.items()}
    whole = sum(costs.values())
    parts = ", ".join(f"{name} {cost:.1f}" for name, cost in sorted(costs.items(), key=lambda each: -each[1]))
    _row("CPU an order", f"{whole:.1f} ms, {whole * yardstick.naive_a_second / 1000:.2f} naive tickets ({parts})")
    commits, wal = used.commits / outcome.mailed, used.wal_bytes / outcome.mailed / 1000
    _row("an order", f"{commits:.1f} commits, {wal:.1f} KB of write-ahead log")


def tell_latency(rate: float, outcome: Outcome) -> None:
    answered, mailed = outcome.answered, outcome.mailed_after
    _row(
        f"at {rate:.0f}/s",
        f"answered p50 {answered['p50']:.0f}, p99 {answered['p99']:.0f} ms; "
        f"mailed p50 {mailed['p50']:.0f}, p99 {mailed['p99']:.0f}, all {mailed['max']:.0f} ms",
    )
    tell_faults(outcome)


def tell_memory(when: str, memory: Mapping[str, int]) -> None:
    parts = ", ".join(f"{name} {size / 1e6:.0f}" for name, size in memory.items())
    _row("memory", f"{when}: {parts} MB")


def tell_faults(outcome: Outcome) -> None:
    faults = {"not mailed": outcome.unmailed, "mailed twice": outcome.duplicates, "refused": outcome.refused}
    if told := ", ".join(f"{count} {what}" for what, count in faults.items() if count):
        _row("FAULTS", f"{told}; answers {outcome.statuses}")


def _row(what: str, told: str) -> None:
    print(f"  {what:14}{told}", flush=True)
