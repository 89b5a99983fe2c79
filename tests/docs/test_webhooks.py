"""The guide to webhooks: its receivers take what we sign and nothing else, and its tables are those of the code."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import playwright
import pytest

from services.orders.webhooks.api import MAX_WEBHOOKS
from services.orders.webhooks.courier import Limits
from services.orders.webhooks.delivering import ATTEMPT_SECONDS, deliver
from services.orders.webhooks.outcomes import PATIENCE, PATIENCE_FAILURES, Answered, Outcome
from services.orders.webhooks.schedule import WAITS
from services.orders.webhooks.telling import TEST, TYPES
from services.orders.webhooks.vault import new_secret, shown
from shared.identifiers import uuid7
from tests.servers.programs import free_port
from tests.servers.waiting import eventually

DOCS = Path(__file__).parents[2] / "docs"
GUIDE = (DOCS / "webhooks.md").read_text()
# The browser tests bring a Node with them.
NODE = str(Path(playwright.__file__).parent / "driver" / "node")
RECEIVERS = {"verify_webhook.py": sys.executable, "verify_webhook.mjs": NODE}
BODY = '{"type":"order.placed","data":{"confirmation_number":"7K2MX-Q4P9D","buyer":"Zoë"}}'.encode()


@asynccontextmanager
async def running(example: str, secret: bytes, port: int) -> AsyncIterator[asyncio.StreamReader]:
    """What the example prints, once it listens."""
    process = await asyncio.create_subprocess_exec(
        *(RECEIVERS[example], str(DOCS / "examples" / example), str(port)),
        env=os.environ | {"WEBHOOK_SECRET": shown(secret)},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout

    async def listens() -> bool:
        assert process.returncode is None
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.close()
        return True

    try:
        await eventually(listens, ignoring=(OSError,))
        yield process.stdout
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@pytest.mark.parametrize("example", RECEIVERS)
async def test_a_receiver_takes_what_we_sign_once_and_nothing_else(example: str) -> None:
    secret, message, port = new_secret(), uuid7(), free_port()
    async with aiohttp.ClientSession() as http, running(example, secret, port) as printed:

        async def send(secrets: Sequence[bytes]) -> Outcome:
            return await deliver(http, f"http://127.0.0.1:{port}/", message, BODY, secrets)

        assert await send([new_secret()]) == Answered(400)
        for secrets in ([secret], [secret], [new_secret(), secret]):
            assert await send(secrets) == Answered(204)
        async with http.post(f"http://127.0.0.1:{port}/", data=BODY) as response:
            assert response.status == 400
        old = {"webhook-id": "1", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
        async with http.post(f"http://127.0.0.1:{port}/", data=BODY, headers=old) as response:
            assert response.status == 400
    assert await printed.read() == b"order.placed 7K2MX-Q4P9D\n"


@pytest.mark.parametrize(("language", "example"), [("python", "verify_webhook.py"), ("js", "verify_webhook.mjs")])
def test_what_the_guide_shows_is_part_of_a_program_that_runs(language: str, example: str) -> None:
    (block,) = re.findall(rf"```{language}\n(.+?)```", GUIDE, re.DOTALL)
    assert block in (DOCS / "examples" / example).read_text()


def test_the_guide_lists_every_message() -> None:
    listed = re.findall(r"^\| `([a-z.-]+)` \|", GUIDE, re.MULTILINE)
    assert sorted(listed) == sorted([*TYPES, TEST])


def test_the_guide_tells_the_waits_as_they_are() -> None:
    (row,) = re.findall(r"^\| we wait .*$", GUIDE, re.MULTILINE)
    units = {"s": 1, "min": 60, "h": 3600}
    waits = [int(count) * units[unit] for count, unit in re.findall(r"(\d+) (s|min|h)\b", row)]
    assert tuple(waits) == WAITS


def test_the_guide_tells_the_bounds_as_they_are() -> None:
    assert ATTEMPT_SECONDS == 15
    assert "**2xx within 15 seconds" in GUIDE
    assert (PATIENCE.days, PATIENCE_FAILURES, MAX_WEBHOOKS) == (5, 20, 20)
    assert "for five\ndays (and at least 20 of them)" in GUIDE
    assert (Limits().each, Limits().failing_each) == (4, 1)
    assert "At most four messages are under way to yours at once, one while it fails" in GUIDE
