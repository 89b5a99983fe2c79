"""Whether a place may be restored into: nothing runs there, and nothing would be lost."""

import asyncio

import asyncpg

from boxoffice.backup import tables
from boxoffice.failures import CannotStart
from shared import bus as buses
from shared.bus import BadBrokerUrl, BusUnavailable
from shared.migrations import LOCK
from shared.queues import QUEUES
from shared.settings import Settings

ASK_SECONDS = 20.0
ADVICE = "empty its queues (docs/backup.md), or say --keep-messages"


async def refuse_running(connection: asyncpg.Connection) -> None:
    """Raises `CannotStart` while services are connected to the database."""
    rows = await connection.fetch(
        "SELECT DISTINCT substr(application_name, 11) AS name FROM pg_stat_activity "
        "WHERE datname = current_database() AND application_name LIKE 'boxoffice-%' AND pid <> pg_backend_pid() "
        "ORDER BY 1"
    )
    if rows:
        names = ", ".join(row["name"] for row in rows)
        raise CannotStart(f"services are connected to the database ({names}): stop them all first")


async def keep_others_out(connection: asyncpg.Connection) -> None:
    """Nobody migrates, backs up or restores until the connection ends. Raises `CannotStart` if someone does."""
    if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK):
        raise CannotStart("another process migrates, backs up or restores this database: try again when that is done")


async def refuse_full(connection: asyncpg.Connection) -> None:
    """Raises `CannotStart` when there is something in the database."""
    if not await tables.is_empty(connection):
        raise CannotStart(
            "the database is not empty: restore into an empty one, or say --replace, which drops all that is in it"
        )


async def refuse_messages(settings: Settings) -> None:
    """Raises `CannotStart` when a broker apart from the database holds messages, or can't be asked."""
    if settings.broker == settings.database:
        return
    try:
        async with asyncio.timeout(ASK_SECONDS):
            bus = await buses.connect(settings.broker, source="restore")
            try:
                states = await bus.status(list(QUEUES))
            finally:
                await bus.close()
    except BadBrokerUrl as error:
        raise CannotStart(str(error)) from None
    except (BusUnavailable, TimeoutError) as error:
        raise CannotStart(f"the broker can't be asked whether it is empty ({error}): {ADVICE}") from error
    held = {state.queue: state.ready + state.in_flight + state.waiting for state in states}
    if count := sum(held.values()):
        names = ", ".join(queue for queue, messages in held.items() if messages)
        raise CannotStart(f"the broker holds {count} messages that the backup knows nothing of ({names}): {ADVICE}")
