"""Holding a mail while it is sent, without holding a connection."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import structlog

from services.mailer import store
from services.mailer.store import LEASE, Claim
from shared.database import DatabaseUnavailable, Pool, connection

log = structlog.get_logger()

RENEW_SECONDS = LEASE.total_seconds() / 3


class LeaseLost(Exception):
    """The lease ran out before the mail was on its way: another worker may have it."""


@asynccontextmanager
async def held(pool: "Pool[Any]", claim: Claim, claimed_at: float) -> AsyncIterator[Callable[[], None]]:
    """Renew the claim until the block is left. Gives a check to make before the point of no return.

    The check raises `LeaseLost`. It is local and errs towards giving up: it counts from `claimed_at`
    (`time.monotonic` before the claim was asked for) and from before each renewal.
    """
    lease = _Lease(pool, claim, claimed_at)
    renewing = asyncio.create_task(lease.keep())
    try:
        yield lease.check
    finally:
        renewing.cancel()
        await asyncio.gather(renewing, return_exceptions=True)


class _Lease:
    def __init__(self, pool: "Pool[Any]", claim: Claim, claimed_at: float) -> None:
        self._pool = pool
        self._claim = claim
        self._ends_at = claimed_at + LEASE.total_seconds()

    def check(self) -> None:
        if time.monotonic() >= self._ends_at:
            raise LeaseLost

    async def keep(self) -> None:
        ours = True
        while ours:
            await asyncio.sleep(RENEW_SECONDS)
            ours = await self._renew()
        self._ends_at = time.monotonic()
        log.warning("mail.lease-lost", number=self._claim.key.number)

    async def _renew(self) -> bool:
        """Whether to go on: yes, too, when the database is away, since then nobody else can claim either."""
        asked_at = time.monotonic()
        try:
            async with connection(self._pool) as connected:
                ours = await store.renew(connected, self._claim)
        except DatabaseUnavailable as error:
            log.warning("mail.lease-not-renewed", number=self._claim.key.number, reason=str(error))
            return True
        if ours:
            self._ends_at = asked_at + LEASE.total_seconds()
        return ours
