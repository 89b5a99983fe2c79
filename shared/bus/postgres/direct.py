"""Publishing inside the transaction of the change, where the bus lies in the database that is changed.

What is then committed is what a relay would have published, without the two tables and three transactions in
between. NOTIFY serialises commits, so it stays out of that transaction: `wake_consumers` comes after it.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.bus.postgres.queries import CHANNEL, ENQUEUED
from shared.bus.postgres.sessions import SCHEMA_GONE, Sessions
from shared.bus.protocol import Message
from shared.database import Connection, DatabaseUnavailable


class DirectPublisher:
    """`ready` once the bus's schema is known to be there."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._enqueued: Counter[str] = Counter()
        self.observe: Callable[[Mapping[str, int]], None] = lambda _: None
        """Called with how many messages of each key consumers were woken for."""

    @property
    def ready(self) -> bool:
        return self._sessions.installed

    @property
    def owes_wake_up(self) -> bool:
        """Something was enqueued since consumers were last woken."""
        return bool(self._enqueued)

    async def enqueue(self, connection: Connection, messages: Sequence[Message]) -> list[Message]:
        """Store each message once a bound queue; returns those that must go through the outbox.

        These are the ones that no queue is bound to, and the ones behind them about the same subject.
        Raises `DatabaseUnavailable` once where the bus's schema was dropped.
        """
        try:
            rows = await connection.fetch(
                f"""
                WITH incoming AS (
                    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[])
                        WITH ORDINALITY AS m (message_id, key, subject, body, place)
                     WHERE NOT EXISTS (SELECT FROM outbox o WHERE o.subject = m.subject AND NOT o.unsendable)
                ), {ENQUEUED}
                SELECT message_id FROM stored
                """,  # noqa: S608 - only our own constants
                [message.id for message in messages],
                [message.key for message in messages],
                [message.subject for message in messages],
                [message.body for message in messages],
            )
        except SCHEMA_GONE as error:
            # The transaction is lost; its next try goes through the outbox until the schema is there again.
            self._sessions.installed = False
            raise DatabaseUnavailable("the bus's schema is gone") from error
        stored = {row["message_id"] for row in rows}
        self._enqueued.update(message.key for message in messages if message.id in stored)
        return [message for message in messages if message.id not in stored]

    async def wake_consumers(self) -> None:
        """After the commit: tell every process that serves a queue of what was enqueued. Raises `BusUnavailable`."""
        enqueued, self._enqueued = self._enqueued, Counter()
        self.observe(enqueued)
        async with self._sessions.use() as connection:
            await connection.execute(
                "SELECT pg_notify($1, string_agg(DISTINCT queue, ',')) FROM bus.bindings "
                "WHERE key = ANY($2::text[]) HAVING count(*) > 0",
                CHANNEL,
                list(enqueued),
            )


def publisher_of(connection: Any) -> DirectPublisher | None:
    """Whoever publishes on this connection's own transactions, if anybody does."""
    publisher = getattr(connection, "publisher", None)
    return publisher if publisher is not None and publisher.ready else None
