"""Services behind the number leave the processor to those in front of it."""

import os
import subprocess
import sys

import pytest

SHOW = """
import os
from shared.priority import AUTOGROUP, step_back
step_back({nice})
print(os.getpriority(os.PRIO_PROCESS, 0), AUTOGROUP.read_text().split()[-1] if AUTOGROUP.exists() else {nice})
"""


@pytest.mark.parametrize("nice", [0, 10, 19])
def test_a_process_steps_back_within_its_session_and_among_sessions(nice: int) -> None:
    begun = os.getpriority(os.PRIO_PROCESS, 0)
    told = subprocess.run(
        [sys.executable, "-c", SHOW.format(nice=nice)],
        capture_output=True,
        text=True,
        check=True,
        start_new_session=True,
    )
    within, among = map(int, told.stdout.split())
    assert within == (nice or begun)
    assert among == nice
