"""The organisers' guide is run as it stands."""

import asyncio
import json
import os
import re
from pathlib import Path

import pytest

from tests.orders.conftest import Orders
from tests.servers.choosing import NotHere
from tests.servers.programs import find_program, install_package

GUIDE = Path(__file__).parents[2] / "docs" / "organisers.md"


@pytest.fixture(scope="module")
async def curl() -> None:
    try:
        find_program("curl")
    except NotHere:
        await install_package("curl")


async def run(commands: str, **variables: str) -> str:
    """What a shell prints; the first command that fails ends it."""
    process = await asyncio.create_subprocess_exec(
        *("sh", "-ec", commands),
        env=os.environ | variables,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    printed, _ = await process.communicate()
    assert process.returncode == 0, printed.decode()
    return printed.decode()


@pytest.mark.usefixtures("curl")
async def test_the_guides_commands_do_as_it_says(orders: Orders) -> None:
    key = (await orders.key())["Authorization"].removeprefix("Bearer ")
    outputs = [
        await run(block, KEY=key, BOXOFFICE=orders.base)
        for block in re.findall(r"^```sh\n(.+?)^```", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    ]
    assert len(outputs) == 4
    assert json.loads(outputs[0])["published_at"] is None
    assert json.loads(outputs[1])["venue"]["name"] == "Landiwiese"
    assert "confirmation_number,ticket," in outputs[3]
    async with orders.client.get("/v1/events/jazz-by-the-lake") as response:
        event = await response.json()
    assert [(kind["slug"], kind["capacity"]) for kind in event["ticket_types"]] == [("lawn", 300), ("deck-chair", 40)]
