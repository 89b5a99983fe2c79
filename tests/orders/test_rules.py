"""The rules of orders are plain functions over plain data."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DRIVERS = {"aiohttp", "asyncio", "asyncpg", "obstore", "pydantic"}


@pytest.mark.parametrize(
    "rules",
    [
        "attendees",
        "catalogue",
        "currencies",
        "fulfilment",
        "merging",
        "numbers",
        "organising",
        "placing",
        "sales",
        "slugs",
        "wanted",
    ],
)
def test_the_rules_know_no_driver(rules: str) -> None:
    program = f"import sys, services.orders.{rules}; print(*(set(sys.modules) & {DRIVERS}))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
