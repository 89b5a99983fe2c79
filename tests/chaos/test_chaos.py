"""The run itself, in short: faults that heal, a seed that repeats them, and every promise kept."""

import random
from pathlib import Path

import pytest

from tests.chaos.faults import Fault
from tests.chaos.options import Options, parsed
from tests.chaos.run import run
from tests.chaos.schedule import Pace, planned
from tests.soak import length

# `make chaos` takes a new one each time.
SEED = 1
SHORT = Options(
    seed=SEED,
    seconds=length(20.0, 120.0),
    rate=8.0,
    quiet=60.0,
    pace=Pace(lasting=(0.5, 2.5), quiet=(0.3, 1.0), long_share=0.0),
    # What heals within seconds: others have a mail or a message wait for minutes.
    only=frozenset(
        {
            *("kill-orders-1", "kill-orders-2", "kill-tickets", "kill-mailer", "kill-render-worker", "stop-tickets"),
            *("stop-mailer", "stop-orders-1", "freeze-database", "hold-database"),
            *("kill-database", "cut-database", "cut-orders", "read-only-database", "disk-full"),
            *("smtp-rcpt-550", "smtp-dot-take-and-drop", "smtp-after-drop", "smtp-data-drop", "cut-smtp"),
        }
    ),
)


@pytest.mark.soak
async def test_a_short_run_of_faults_keeps_every_promise(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said: list[str] = [f"seed {SEED}, journals in {tmp_path}"]
    verdict = await run(SHORT, tmp_path, said.append)
    with capsys.disabled():
        print(f"\nchaos: seed {SEED}, {verdict.orders} orders, {verdict.mails} mails, {verdict.strikes} faults")
    told = "\n".join([*said, *map(str, verdict.findings), *verdict.stories])
    assert not verdict.findings, told
    assert not verdict.impossible, verdict.impossible
    assert verdict.orders > SHORT.seconds
    assert verdict.mails > SHORT.seconds
    assert verdict.strikes > 5


async def nothing(_: float) -> None:
    return


def test_a_seed_repeats_its_faults_and_every_fault_comes_before_any_comes_again() -> None:
    faults = [Fault(f"fault-{number}", nothing) for number in range(20)]
    first, again, other = (planned(faults, Pace(), random.Random(seed)) for seed in (7, 7, 8))
    strikes = [next(first) for _ in range(40)]
    assert strikes == [next(again) for _ in range(40)]
    assert strikes != [next(other) for _ in range(40)]
    assert any(strike.seconds > 30 for strike in strikes)
    for half in (strikes[:20], strikes[20:]):
        assert {strike.fault.name for strike in half} == {fault.name for fault in faults}


def test_what_a_run_prints_asks_for_the_same_run() -> None:
    asked = parsed(["--seed", "5", "--transport", "redis", "--minutes", "3", "--rate", "7", "--only", "kill-mailer"])
    assert parsed(str(asked).split()) == asked


def test_a_run_without_a_seed_takes_a_new_one() -> None:
    assert len({parsed([]).seed for _ in range(5)}) > 1
