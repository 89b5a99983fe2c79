"""A stage for what needs a whole installation, and a sink for what needs mail alone."""

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.chaos.journal import Journal
from tests.chaos.sink import Sink


@pytest.fixture
async def sink(tmp_path: Path, free_port: int) -> AsyncIterator[Sink]:
    """With its journal in `sink.jsonl` of the test's own folder."""
    journal = Journal(tmp_path / "sink.jsonl")
    async with Sink(free_port, journal, random.Random(0)) as server:
        yield server
    journal.close()
