"""What a run has on sale, made as an organiser makes it."""

import json
from datetime import UTC, datetime, timedelta

import aiohttp

from tests.chaos.buyers import OnSale
from tests.chaos.stage import Stage

PLENTY, SCARCE = 1_000_000, 60


async def put_on_sale(stage: Stage, scarce: int = SCARCE) -> OnSale:
    """A published event; `scarce` places of its second ticket type."""
    key = json.loads(await stage.command("keys", "create", "--organiser", "Chaos", "--json"))["key"]
    kinds = [_kind("Plenty", PLENTY), _kind("Scarce", scarce)]
    starts_at = datetime.now(UTC) + timedelta(days=100)
    event = {"name": "Chaos", "slug": "chaos", "starts_at": starts_at.isoformat(), "timezone": "Europe/Prague"}
    async with aiohttp.ClientSession(
        stage.services["orders-1"].url, headers={"Authorization": f"Bearer {key}"}, raise_for_status=True
    ) as http:
        async with http.post("/v1/events", json=event | {"ticket_types": kinds}):
            pass
        async with http.post("/v1/events/chaos/publish"):
            pass
    return OnSale("chaos", "plenty", "scarce")


def _kind(name: str, capacity: int) -> dict[str, object]:
    price = {"amount": 4500, "currency": "EUR"}
    return {"name": name, "slug": name.lower(), "price": price, "capacity": capacity, "max_per_order": 100}
