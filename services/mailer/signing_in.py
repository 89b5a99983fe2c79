"""Somebody wants to sign in: the link goes out by mail, as long as it is good."""

from datetime import UTC, datetime

import structlog

from services.mailer import store
from services.mailer.composing import Composer, Cover
from services.mailer.mails import SIGN_IN, MailKey
from services.mailer.posting import TIME_LIMIT, Mail, Post
from services.mailer.store import Answer, Claimant, Settled
from shared.bus import Bus, Delivery, Subscription, Verdict
from shared.bus.typed import handling
from shared.database import Connection
from shared.messages import SignInRequested
from shared.queues import queue_of

log = structlog.get_logger()


class SignInMail:
    """Sends each link once; a link that is no longer good is of no use to anyone."""

    def __init__(self, composer: Composer, post: Post) -> None:
        self._composer = composer
        self._post = post

    async def subscribe(self, bus: Bus) -> None:
        queue, key = queue_of("mailer", SignInRequested), SignInRequested.key
        subscription = Subscription(queue, (key,), concurrency=self._post.capacity, time_limit=TIME_LIMIT)
        await bus.subscribe(subscription, handling(SignInRequested, self.sign_in_requested))

    async def sign_in_requested(self, asked: SignInRequested, delivery: Delivery) -> Verdict:
        async def write(cover: Cover) -> bytes:
            return self._composer.sign_in(asked, cover)

        async def claim(connection: Connection, key: MailKey, by: Claimant) -> Answer:
            if asked.expires_at <= datetime.now(UTC):
                log.info("mail.too-late", template=SIGN_IN, number=asked.id)
                return Settled()
            return await store.claim(connection, key, by)

        key = MailKey(SIGN_IN, asked.id, asked.address)
        return await self._post.send(Mail(key, "", delivery, write, claim))
