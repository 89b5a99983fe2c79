"""The auditor is audited: with a fault planted in the product it finds it, and without it finds nothing."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import asyncpg
import pytest
from redis.asyncio import Redis

from tests.chaos import audit
from tests.chaos.audit import Finding
from tests.chaos.building import staged
from tests.chaos.buyers import Buyers
from tests.chaos.run import buyers_of, heal, until_quiet
from tests.chaos.stage import Stage
from tests.servers.waiting import eventually

ORDERS = 6
QUIET_SECONDS = 6.0
SETTLE_SECONDS = 30.0
SEED = 1
QUEUE = "boxoffice:tickets.order-placed"

MAILED = f"""
SELECT (count(*) >= $1 + {ORDERS} AND bool_and(coalesce(m.sent, false)))::int FROM orders.orders o
  LEFT JOIN (SELECT number, bool_or(status = 'sent') AS sent FROM mailer.mails GROUP BY number) m USING (number)
 WHERE o.status = 'confirmed'
"""
ALL_PUBLISHED = f"""
SELECT (count(*) >= $1 + {ORDERS} AND NOT EXISTS (SELECT FROM orders.outbox))::int FROM orders.orders
"""
OF_NO_ORDER = "SELECT count(*) FROM tickets.documents WHERE number NOT IN (SELECT number FROM orders.orders)"

Until = Callable[[int], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Scene:
    """A stage, its buyers, and what was found before: an earlier test's faults stay in the rows."""

    stage: Stage
    buyers: Buyers

    async def run_planted(self, planted: Mapping[str, Sequence[str]], until: Until) -> set[str]:
        """The promises that are newly broken once orders were placed with these faults planted, by service.

        When `until` says so (it is given the number of orders before), what is planted is killed, and the sound
        product goes on.
        """
        before = set(await self._found())
        orders = await self.ask("SELECT count(*) FROM orders.orders")
        await self._replace(planted)
        async with asyncio.TaskGroup() as group:
            for _ in range(ORDERS):
                group.create_task(self.buyers.one())
            await eventually(partial(until, orders), SETTLE_SECONDS)
            await self._replace(dict.fromkeys(planted, ()))
        await self.buyers.finish()
        await self.buyers.settle(SETTLE_SECONDS)
        await until_quiet(self.stage, QUIET_SECONDS, print)
        return {finding.promise for finding in await self._found() if finding not in before}

    async def mailed(self, before: int) -> int:
        """Whether all who ordered have their mail."""
        return await self.ask(MAILED, before)

    async def mailed_twice(self, _: int) -> bool:
        """Whether the mail server took one mail more than once."""
        evidence = await audit.gathered(self.stage.folder)
        return len({mail.message_id for mail in evidence.taken}) < len(evidence.taken)

    async def taken(self, before: int) -> bool:
        """Whether all orders' messages have been acknowledged."""
        if not await self.ask(ALL_PUBLISHED, before):
            return False
        async with Redis.from_url(self.stage.broker.url, protocol=2) as broker:
            return await broker.exists(QUEUE) == 0 or await broker.xlen(QUEUE) == 0

    async def told_of_nothing(self, _: int) -> int:
        """Whether tickets were made for an order that is not there."""
        return await self.ask(OF_NO_ORDER)

    async def ask(self, sql: str, *arguments: int) -> int:
        connection = await asyncpg.connect(self.stage.database.url)
        try:
            return int(await connection.fetchval(sql, *arguments))
        finally:
            await connection.close()

    async def _replace(self, planted: Mapping[str, Sequence[str]]) -> None:
        for name, faults in planted.items():
            service = self.stage.services[name]
            service.plant(*faults)
            await service.restart()
        await heal(self.stage)

    async def _found(self) -> list[Finding]:
        return await audit.audit(self.stage.folder)


@pytest.fixture(scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with _opened(tmp_path_factory) as scene:
        yield scene


@asynccontextmanager
async def _opened(folders: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with (
        staged(folders.mktemp("planted"), "redis", random.Random(SEED)) as stage,
        buyers_of(stage, SEED, delay=0.1) as buyers,
    ):
        yield Scene(stage, buyers)


async def test_the_auditor_finds_nothing_when_all_is_delivered_twice(scene: Scene) -> None:
    twice = ("deliver-twice",)
    assert await scene.run_planted({"orders-1": twice, "tickets": twice, "mailer": twice}, scene.mailed) == set()


async def test_the_auditor_finds_a_consumer_without_a_natural_key(scene: Scene) -> None:
    planted = {"tickets": ("deliver-twice",), "mailer": ("no-natural-key",)}
    assert "no mail twice" in await scene.run_planted(planted, scene.mailed_twice)


async def test_the_auditor_finds_a_consumer_that_acknowledges_before_its_effect(scene: Scene) -> None:
    broken = await scene.run_planted({"tickets": ("acknowledge-before-effect",)}, scene.taken)
    assert "fulfilled, or visibly waiting with a reason" in broken


async def test_the_auditor_finds_a_message_that_is_published_before_the_commit(scene: Scene) -> None:
    hasty = ("publish-before-commit",)
    broken = await scene.run_planted({"orders-1": hasty, "orders-2": hasty}, scene.told_of_nothing)
    assert {"only what was committed is told", "mails tell the truth"} & broken
