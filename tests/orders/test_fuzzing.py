"""schemathesis against the running service, with all its checks: nothing breaks, and nothing is answered that the
document does not tell of.

`make fuzz` looks longer, from a new seed; the seed is printed either way.
"""

import asyncio
import os
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp

from services.orders import store
from services.orders.organisers import make_key
from services.orders.organising import NewTicketType
from shared.database import close_pool, open_pool, transaction
from shared.object_store import open_store
from tests.orders.builders import a_new_event, a_request
from tests.orders.serving import serving
from tests.scrubbing import clean_environment

EXAMPLES = os.environ.get("FUZZ_EXAMPLES", "12")
SEED = os.environ.get("FUZZ_SEED", "1")
CONFIGURATION = Path(__file__).parent / "fuzzing" / "schemathesis.toml"
ROOT = Path(__file__).parents[2]
ORGANISER, EVENT = "Lakeside Concerts", "europython-2027"


async def test_schemathesis_finds_nothing(migrated_url: str, free_port: int, tmp_path: Path) -> None:
    key = await put_on_sale(migrated_url)
    async with AsyncExitStack() as parts:
        served = await parts.enter_async_context(serving(migrated_url, free_port, tmp_path))
        number, token = await a_whole_order(served.base, migrated_url, tmp_path)
        known = {"FUZZ_KEY": key, "FUZZ_NUMBER": number, "FUZZ_TOKEN": token, "FUZZ_EVENT": EVENT}
        status, told = await schemathesis(served.base, known, tmp_path)
    print(told)
    assert status == 0, told


async def schemathesis(base: str, known: dict[str, str], folder: Path) -> tuple[int, str]:
    """Its exit code, and what it says."""
    command = ("-m", "schemathesis.cli", "--config-file", str(CONFIGURATION), "--no-color", "run")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *command, f"{base}/openapi.json", "--url", base, "--checks", "all"),
        *("--seed", SEED, "--max-examples", EXAMPLES),
        env=clean_environment() | known | {"PYTHONPATH": str(ROOT)},
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await process.communicate()
    return process.returncode or 0, told.decode(errors="replace")


async def put_on_sale(url: str) -> str:
    """The event of the document's examples, whose organiser's key is given."""
    pool = await open_pool(url, "orders")
    try:
        async with transaction(pool) as held:
            organiser = await store.add_organiser(held, ORGANISER)
            general = NewTicketType("general", "General", 4500, "EUR", 100_000)
            await store.add_event(held, organiser, a_new_event(EVENT, general))
            return (await make_key(held, ORGANISER)).key
    finally:
        await close_pool(pool)


async def a_whole_order(base: str, url: str, data: Path) -> tuple[str, str]:
    """Number and token of an order whose tickets are there and whose stream has an end."""
    async with aiohttp.ClientSession() as http, http.post(f"{base}/v1/orders", json=a_request(EVENT)) as response:
        order = await response.json()
        assert response.status == 201
    await open_store((data / "store").as_uri()).put("tickets/x.pdf", b"PDF")
    pool = await open_pool(url, "orders")
    try:
        await pool.execute(
            "UPDATE orders SET tickets_status = 'issued', email_status = 'sent', pdf_key = 'tickets/x.pdf' "
            "WHERE number = $1",
            order["confirmation_number"],
        )
    finally:
        await close_pool(pool)
    return order["confirmation_number"], order["access_token"]
