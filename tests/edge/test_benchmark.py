"""`make bench-edge` runs, and whoever asks is given a page in all of its cases."""

import asyncio
import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHORT = ("--requests", "400", "--seconds", "0.2", "--rate", "50", "--changes", "1")


async def test_every_case_of_the_benchmark_is_answered(database_url: str) -> None:
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.edge", "--database-url", database_url, *SHORT),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told = (await running.communicate())[0].decode()
    assert running.returncode == 0, told
    cases = [line for line in told.splitlines() if "generator" in line]
    assert [set(re.findall(r"× (\d+)", case)) for case in cases] == [{"200"}] * 9, told
    asked = re.search(r"(\d+) of them reached orders", told)
    assert asked
    assert 0 < int(asked[1]) <= 20
    assert re.search(r"1 changes, PATCH to page .* max +\d", told), told
