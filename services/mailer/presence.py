"""That this mailer lives, told to the others by a beat in the database, and which of them do not any more.

A mail in the hands of a mailer that lives is nobody else's, however long the database is away: when it is back, whoever
handed a mail in records that before another may take it for abandoned. In beats, each `BEAT_SECONDS` after the last:

    a mailer whose beat stood still at 7 looks in a row is taken off (21 s, counted from our own first successful look)
    whoever could not beat for 10 s hands nothing in any more
"""

import asyncio
import time
from typing import Any
from uuid import UUID, uuid4

import structlog

from services.mailer.mails import MailKey
from services.mailer.store import Claim, Claimant, mailers, release
from shared.background import Outage
from shared.database import DatabaseUnavailable, Pool, connection

log = structlog.get_logger()

BEAT_SECONDS = 3.0
BEATS_MISSED = 7
# Under half of what it takes the others to take us off, so that no mail is begun by two.
FRESH_SECONDS = 10.0
AWAY_SECONDS = 1.0


class LeaseLost(Exception):
    """This mailer may have been taken off before the mail was on its way: another may have it."""


class Presence:
    """One a process. `beat_seconds` scales all its waits."""

    def __init__(self, pool: "Pool[Any]", beat_seconds: float = BEAT_SECONDS) -> None:
        self._pool = pool
        self._beat_seconds = beat_seconds
        self._scale = beat_seconds / BEAT_SECONDS
        self._id: UUID | None = None
        self._beaten_at = self._failed_at = float("-inf")
        self._beating = asyncio.Lock()
        self._standstills: dict[UUID, tuple[int, int]] = {}
        self._looks = 0
        self._outage = Outage("presence")
        self._left = False
        self._looked_at = float("-inf")
        self._to_release: set[tuple[MailKey, UUID]] = set()

    async def run(self) -> None:
        """Beat for ever."""
        while True:
            try:
                await self.beat()
                wait = self._beat_seconds
            except DatabaseUnavailable:
                wait = AWAY_SECONDS * self._scale
            await asyncio.sleep(wait)

    async def claimant(self, asked_by: str) -> Claimant:
        """This mailer, known to be alive to all. Raises `DatabaseUnavailable`, or `LeaseLost` once it has left."""
        if self._left:
            raise LeaseLost
        if self._id is None or time.monotonic() - self._beaten_at > self._beat_seconds:
            await self.beat(unless_beaten=True)
        if self._id is None:
            raise LeaseLost
        return Claimant(self._id, asked_by, steady=self._looks > BEATS_MISSED)

    def check(self, claim: Claim) -> None:
        """To be called before the point of no return. Raises `LeaseLost`. Local, and errs towards giving up."""
        if claim.owner != self._id or time.monotonic() - self._beaten_at > FRESH_SECONDS * self._scale:
            raise LeaseLost

    def release(self, key: MailKey, lease: UUID) -> None:
        """Nobody here is at this mail any more, but its row may say so: put that right with the next beat."""
        self._to_release.add((key, lease))

    async def beat(self, *, unless_beaten: bool = False) -> None:
        """Beat once, and look at the others. Raises `DatabaseUnavailable`.

        `unless_beaten`: not when someone else did while we waited for our turn.
        """
        asked_at = time.monotonic()
        async with self._beating:
            if self._left or (unless_beaten and self._beaten_at >= asked_at):
                return
            if unless_beaten and self._failed_at >= asked_at:
                raise DatabaseUnavailable("the database was away a moment ago")
            try:
                await self._beat()
            except DatabaseUnavailable as error:
                # Others could not beat either, perhaps: from here on we count anew.
                self._standstills.clear()
                self._looks = 0
                self._failed_at = time.monotonic()
                self._outage.begins(error)
                raise
            self._outage.over()

    async def leave(self) -> None:
        """Say that nothing is in hand here any more: it is free at once."""
        async with self._beating:
            self._left = True
            mailer, self._id = self._id, None
            if mailer is None:
                return
            try:
                async with connection(self._pool) as held:
                    await mailers.leave(held, mailer)
            except DatabaseUnavailable as error:
                log.warning("mailer.not-left", reason=str(error))

    async def _beat(self) -> None:
        asked_at = time.monotonic()
        async with connection(self._pool) as held:
            if self._id is None or not await mailers.beat(held, self._id):
                self._id = await self._enter(held)
            self._beaten_at = asked_at
            # A look tells something only when the others had the time to beat since the last.
            if asked_at - self._looked_at > self._beat_seconds * 0.9:
                self._looked_at = asked_at
                await self._look(held)
            for key, lease in list(self._to_release):
                await release(held, key, lease)
                self._to_release.discard((key, lease))

    async def _enter(self, held: Any) -> UUID:
        if self._id:
            log.warning("mailer.taken-off", mailer=str(self._id))
        mailer = uuid4()
        await mailers.enter(held, mailer)
        return mailer

    async def _look(self, held: Any) -> None:
        """Count at how many looks in a row each of the others stood still, and take off who is dead."""
        seen = await mailers.beats(held)
        self._looks += 1
        last, self._standstills = self._standstills, {}
        for mailer, beat in seen.items():
            before, count = last.get(mailer, (beat, -1))
            count = count + 1 if beat == before else 0
            if mailer != self._id and count >= BEATS_MISSED and await mailers.take_off(held, mailer, beat):
                log.warning("mailer.dead", mailer=str(mailer))
            else:
                self._standstills[mailer] = (beat, count)
