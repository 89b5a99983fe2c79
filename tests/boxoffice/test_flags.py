"""`boxoffice flags`: looked at, changed, and who changed what is kept."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from tests.boxoffice.running import Told, boxoffice

Run = Callable[..., Awaitable[Told]]


@pytest.fixture
def run(migrated_url: str) -> Run:
    async def flags(*words: str) -> Told:
        return await boxoffice("flags", *words, DATABASE_URL=migrated_url)

    return flags


async def test_a_flag_is_set_for_some_for_others_and_for_all(run: Run) -> None:
    first = await run("set", "orders-paused", "on", "--event", "gala", "--message", "Back at noon.")
    assert first.out == "orders-paused is on for event gala with “Back at noon.”, off for the rest\n"
    second = await run("set", "orders-paused", "on", "--organiser", "Lakeside", "--percentage", "20")
    assert second.out == (
        "orders-paused is on for event gala with “Back at noon.” and 20 % of organiser Lakeside, off for the rest\n"
    )
    (listed,) = [flag for flag in (await run("list", "--json")).json if flag["name"] == "orders-paused"]
    assert [rule.get("event") for rule in listed["setting"]["rules"]] == ["gala", None]
    resumed = await run("unset", "orders-paused", "--event", "gala")
    assert resumed.out == "orders-paused is on for 20 % of organiser Lakeside, off for the rest\n"
    assert (await run("set", "orders-paused", "off")).out == "orders-paused is off\n"
    assert (await run("unset", "orders-paused")).out == "orders-paused is not set: the code's default holds\n"


async def test_who_changed_what_when_and_why_is_kept(run: Run) -> None:
    await run("set", "orders-paused", "on", "--by", "ada", "--why", "printer on fire")
    await run("unset", "orders-paused", "--by", "grace")
    newest, oldest = (await run("history", "--json")).json
    assert (newest["by"], newest["setting"], newest["version"]) == ("grace", None, 2)
    assert (oldest["by"], oldest["why"], oldest["setting"]["on"]) == ("ada", "printer on fire", True)
    told = await run("history", "orders-paused")
    assert "by ada: orders-paused on (printer on fire)" in told.out
    assert "by grace: orders-paused unset" in (await run("show", "orders-paused")).out
    assert "by grace" in (await run("list")).out


async def test_a_flag_that_nothing_reads_is_told(run: Run) -> None:
    await run("set", "of-yesterday", "on", "--undeclared")
    lines = (await run("list")).out.splitlines()
    assert [line.endswith("NOTHING READS IT") for line in lines if line.startswith("of-yesterday")] == [True]
    assert not any("NOTHING" in line for line in lines if not line.startswith("of-yesterday"))
    assert {flag["name"] for flag in (await run("list", "--json")).json if not flag["read"]} == {"of-yesterday"}


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("set", "ordres-paused", "on"), 1, "Did you mean orders-paused?"),
        (("set", "orders-paused", "maybe"), 2, "maybe"),
        (("set", "orders-paused", "on", "--percentage", "120"), 2, "from 0 to 100"),
        (("set", "orders-paused", "on", "--address", "ada"), 2, "--address"),
        (("unset", "orders-paused"), 1, "not set"),
        (("show", "nonsense"), 1, "nothing reads a flag named nonsense"),
    ],
)
async def test_what_can_not_be_done_is_told_in_a_line(run: Run, words: tuple[str, ...], code: int, says: str) -> None:
    done = await run(*words)
    assert (done.code, done.out, done.err.count("\n")) == (code, "", 1)
    assert says in done.err


async def test_on_for_some_does_not_become_off_for_others_by_accident(run: Run) -> None:
    await run("set", "orders-paused", "on", "--event", "gala")
    refused = await run("set", "orders-paused", "off", "--event", "fair")
    assert refused.code == 1
    assert "--only" in refused.err
    done = await run("set", "orders-paused", "off", "--event", "fair", "--only")
    assert done.out == "orders-paused is off for event fair, on for the rest\n"


async def test_two_operators_at_once_both_have_their_way(run: Run) -> None:
    events = [f"event-{number}" for number in range(4)]
    await asyncio.gather(*(run("set", "orders-paused", "on", "--event", event) for event in events))
    (flag,) = [flag for flag in (await run("list", "--json")).json if flag["name"] == "orders-paused"]
    assert sorted(rule["event"] for rule in flag["setting"]["rules"]) == events


async def test_flags_may_live_in_a_database_of_their_own(run: Run, database_url: str, migrated_url: str) -> None:
    done = await boxoffice("flags", "list", DATABASE_URL=database_url, FLAGS_URL=migrated_url)
    assert (done.code, done.err) == (0, "")
    assert (await boxoffice("flags", "list", DATABASE_URL=database_url)).code == 1
