"""A run: orders and faults for some minutes, healing, and what the auditor finds.

The seed decides which faults strike, when and for how long, and what buyers want; how the processes interleave is the
machine's doing, so a seed brings a run's faults back, and often but not always its findings.
"""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.chaos import audit, schedule
from tests.chaos.asking import ANSWER_SECONDS, Asking
from tests.chaos.audit import Finding
from tests.chaos.building import staged
from tests.chaos.buyers import Buyers, OnSale
from tests.chaos.faults import process_faults, server_faults
from tests.chaos.journal import Journal
from tests.chaos.options import Options
from tests.chaos.selling import put_on_sale
from tests.chaos.stage import Stage
from tests.servers.waiting import eventually

SETTLE_SECONDS = 60.0
DELAY_SECONDS = 10.0
LOOK_AGAIN_SECONDS = 5.0

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """`stories` has the whole story of some of the buyers that findings are about."""

    findings: list[Finding]
    stories: list[str]
    orders: int
    strikes: int
    mails: int
    impossible: list[str]


async def run(options: Options, folder: Path, say: Say) -> Verdict:
    """Raises what keeps the stage from being set up."""
    async with staged(folder, options.transport, random.Random(f"sink {options.seed}")) as stage:
        say(f"disk full: {stage.disk.how}")
        async with buyers_of(stage, options.seed) as buyers:
            await _under_fire(stage, buyers, options, say)
            await heal(stage)
            say("healed; finding out what is unknown")
            await buyers.settle(SETTLE_SECONDS)
        await until_quiet(stage, options.quiet, say)
        for name, reason in (await stage.not_ready(within=0)).items():
            stage.journal.note("lame", what=name, reason=reason)
        return await judge(folder)


@asynccontextmanager
async def buyers_of(stage: Stage, seed: int, delay: float = DELAY_SECONDS) -> AsyncIterator[Buyers]:
    """See `Buyers`; an event is put on sale for them."""
    on_sale: OnSale = await put_on_sale(stage)
    journal = Journal(stage.folder / "clients.jsonl")
    timeout, connector = aiohttp.ClientTimeout(total=ANSWER_SECONDS), aiohttp.TCPConnector(limit=0)
    try:
        async with aiohttp.ClientSession(timeout=timeout, connector=connector) as http:
            shops = [line.url for line in stage.lines.shops]
            asking = Asking(http, shops, journal, random.Random(f"shops {seed}"))
            buyers = Buyers(asking, on_sale, random.Random(f"buyers {seed}"), delay)
            try:
                yield buyers
            finally:
                await buyers.leave()
    finally:
        journal.close()


async def _under_fire(stage: Stage, buyers: Buyers, options: Options, say: Say) -> None:
    """Two rows of faults side by side: one of the servers and lines, one of our processes and the mail server."""
    stop = asyncio.Event()
    picking = random.Random(f"workers {options.seed}")
    rows = [server_faults(stage), process_faults(stage, picking)]
    async with asyncio.TaskGroup() as group:
        group.create_task(buyers.buy(options.rate, stop))
        for name, faults in zip(("servers", "processes"), rows, strict=True):
            chosen = [fault for fault in faults if not options.only or fault.name in options.only]
            if chosen:
                plan = schedule.planned(chosen, options.pace, random.Random(f"{name} {options.seed}"))
                group.create_task(schedule.strike_all(_told(plan, say), stage.journal, stop))
        await asyncio.sleep(options.seconds)
        stop.set()


def _told(plan: Iterator[schedule.Strike], say: Say) -> Iterator[schedule.Strike]:
    for strike in plan:
        say(f"in {strike.after:.1f} s: {strike.fault.name} for {strike.seconds:.1f} s")
        yield strike


async def heal(stage: Stage) -> None:
    """Every fault heals itself; that all of it serves again is waited for. Whoever does not is looked at in the end."""
    stage.sink.behave()
    await stage.repair_database()
    await stage.not_ready()


async def until_quiet(stage: Stage, within: float, say: Say) -> None:
    """Wait until no order lacks anything without visibly waiting for it; what still does is for the auditor to tell."""
    left = -1

    async def quiet() -> bool:
        nonlocal left
        await note_dead_letters(stage)
        waiting = await audit.unfinished(stage.folder)
        if len(waiting) != left:
            say(f"{len(waiting)} things are still to come")
        left = len(waiting)
        if waiting:
            await asyncio.sleep(LOOK_AGAIN_SECONDS)
        return not waiting

    try:
        await eventually(quiet, within)
    except TimeoutError:
        say(f"not quiet after {within:g} s")


async def note_dead_letters(stage: Stage) -> None:
    """As an operator sees them."""
    listed = await stage.command("dead-letters", "list", "--limit", "100000", "--json")
    (stage.folder / "dead-letters.json").write_text(listed)


async def judge(folder: Path) -> Verdict:
    evidence = await audit.gathered(folder)
    # The database and its disk go with the stage.
    (folder / "rows.json").write_text(json.dumps(evidence.rows, default=str))
    findings = audit.judged(evidence)
    emails = list(dict.fromkeys(finding.email for finding in findings if finding.email))[:3]
    stories = ["\n  ".join([email, *audit.story(evidence, email)]) for email in emails]
    strikes = sum(line["kind"] == "begins" for _, line in evidence.lines)
    impossible = {f"{line['fault']}: {line['reason']}" for _, line in evidence.lines if line["kind"] == "impossible"}
    return Verdict(findings, stories, len(evidence.rows["orders"]), strikes, len(evidence.taken), sorted(impossible))
