"""What can be asked of a run."""

import argparse
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.brokers import TRANSPORTS, Transport
from tests.chaos.schedule import Pace

CALM = Pace()
MINUTES = 20.0
RATE = 20.0
# The reconciler takes its time before it publishes again what a broker lost.
QUIET_SECONDS = 600.0


@dataclass(frozen=True, slots=True)
class Options:
    """`seconds` of orders and faults, at `rate` orders a second; then at most `quiet` seconds until nothing waits.

    `only` are the names of the faults to strike, all when empty; `planted` are faults of `planted.py`.
    """

    seed: int
    transport: Transport = "postgres"
    seconds: float = MINUTES * 60
    rate: float = RATE
    quiet: float = QUIET_SECONDS
    pace: Pace = CALM
    only: frozenset[str] = frozenset()
    folder: Path | None = None
    keep: bool = False

    def __str__(self) -> str:
        told = f"--seed {self.seed} --transport {self.transport} --minutes {self.seconds / 60:g} --rate {self.rate:g}"
        return " ".join([told, *(f"--only {name}" for name in sorted(self.only))])


def parsed(words: Sequence[str]) -> Options:
    """Ends the process with a sentence when they make no sense."""
    parser = argparse.ArgumentParser(prog="make chaos", description="Faults against real processes, and an auditor.")
    seed = os.environ.get("SEED")
    parser.add_argument("--seed", type=int, default=int(seed) if seed else None, help="repeats a run (default: new)")
    parser.add_argument("--transport", choices=TRANSPORTS, default="postgres")
    parser.add_argument("--minutes", type=float, default=MINUTES, help=f"of orders and faults ({MINUTES:g})")
    parser.add_argument("--rate", type=float, default=RATE, help=f"orders a second ({RATE:g})")
    parser.add_argument("--quiet", type=float, default=QUIET_SECONDS, help="longest wait for the last mail, seconds")
    parser.add_argument("--only", action="append", default=[], metavar="FAULT", help="only this one; may be repeated")
    parser.add_argument("--folder", type=Path, help="where journals and logs go (default: a new one)")
    parser.add_argument("--keep", action="store_true", help="keep the folder though nothing was found")
    asked = parser.parse_args(words)
    return Options(
        seed=random.SystemRandom().randrange(1 << 31) if asked.seed is None else asked.seed,
        transport=asked.transport,
        seconds=asked.minutes * 60,
        rate=asked.rate,
        quiet=asked.quiet,
        only=frozenset(asked.only),
        folder=asked.folder,
        keep=asked.keep,
    )
