"""The first way that can be had is taken; the reasons of the others are told."""

from contextlib import AsyncExitStack

import pytest

from tests.servers.choosing import NoServer, NotHere, Way, first_of


def a_way(name: str, log: list[str], refusal: Exception | None = None) -> Way[str]:
    async def start(parts: AsyncExitStack) -> str:
        log.append(f"{name} started")
        parts.callback(log.append, f"{name} ended")
        if refusal:
            raise refusal
        return name

    return Way(name, start)


async def test_the_first_that_can_be_had_is_taken_and_told() -> None:
    log: list[str] = []
    async with AsyncExitStack() as parts:
        ways = [
            a_way("a", log, NotHere("no a")),
            a_way("b", log, TimeoutError("slow b")),
            a_way("c", log),
            a_way("d", log),
        ]
        found = await first_of("Server", ways, parts)
        assert (found.server, found.way) == ("c", "c")
        assert str(found).splitlines() == ["Server: c", "    passed over a: no a", "    passed over b: slow b"]
        assert log == ["a started", "a ended", "b started", "b ended", "c started"]
    assert log[-1] == "c ended"


async def test_when_nothing_can_be_had_every_reason_is_told() -> None:
    async with AsyncExitStack() as parts:
        with pytest.raises(NoServer, match=r"(?s)Server is needed.*- a: no a.*- b: sudo get b"):
            await first_of("Server", [a_way("a", [], NotHere("no a")), a_way("b", [], NotHere("sudo get b"))], parts)


async def test_a_way_that_was_asked_for_and_fails_ends_the_search() -> None:
    log: list[str] = []
    async with AsyncExitStack() as parts:
        with pytest.raises(NoServer, match="the URL is wrong"):
            await first_of("Server", [a_way("a", log, NoServer("the URL is wrong")), a_way("b", log)], parts)
    assert log == ["a started", "a ended"]
