"""What a buyer is told is noted as it was told."""

import json
import random
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from tests.chaos.asking import Answer, Asking
from tests.chaos.journal import Journal

BUSY = {"type": "urn:boxoffice:problem:overloaded", "title": "Busy", "status": 503}
UNKNOWN = {"type": "https://boxoffice.example/problems/outcome-unknown", "title": "?", "status": 503}


@pytest.fixture
async def shop(free_port: int) -> AsyncIterator[str]:
    """Answers with the problem that is its path's name."""

    async def problem(request: web.Request) -> web.Response:
        told = {"busy": BUSY, "unknown": UNKNOWN}[request.match_info["name"]]
        return web.json_response(told, status=503, content_type="application/problem+json")

    async def placed(_: web.Request) -> web.Response:
        return web.json_response(
            {"confirmation_number": "7K2MX-Q4P9D"}, status=201, headers={"Idempotent-Replayed": "true"}
        )

    app = web.Application()
    app.add_routes([web.post("/placed", placed), web.post("/{name}", problem)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", free_port).start()
    yield f"http://127.0.0.1:{free_port}"
    await runner.cleanup()


async def ask(shop: str, folder: Path, path: str) -> tuple[Answer | None, dict[str, object]]:
    journal = Journal(folder / "clients.jsonl")
    async with aiohttp.ClientSession() as http:
        answer = await Asking(http, [shop], journal, random.Random(0)).ask(1, "place", path, {}, None)
    journal.close()
    return answer, json.loads((folder / "clients.jsonl").read_text().splitlines()[-1])


@pytest.mark.parametrize(("path", "slug"), [("/busy", "overloaded"), ("/unknown", "outcome-unknown")])
async def test_a_problem_is_known_by_its_slug(shop: str, tmp_path: Path, path: str, slug: str) -> None:
    answer, noted = await ask(shop, tmp_path, path)
    assert answer
    assert (answer.slug, answer.settles) == (slug, False)
    assert (noted["kind"], noted["status"], noted["slug"]) == ("answered", 503, slug)


async def test_an_answer_that_was_given_before_is_noted_as_such(shop: str, tmp_path: Path) -> None:
    answer, noted = await ask(shop, tmp_path, "/placed")
    assert answer
    assert answer.settles
    assert (noted["number"], noted["replayed"], noted["slug"]) == ("7K2MX-Q4P9D", True, "")


async def test_no_answer_is_noted_as_none(tmp_path: Path, free_port: int) -> None:
    answer, noted = await ask(f"http://127.0.0.1:{free_port}", tmp_path, "/placed")
    assert answer is None
    assert noted["kind"] == "unanswered"
