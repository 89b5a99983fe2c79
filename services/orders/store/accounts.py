"""Links to sign in with, sessions, and what belongs to an address. Hashes and small letters only."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from services.orders.accounts.rules import LINK_LIFETIME, SESSION_IDLE, SESSION_LIFETIME, Asked, Link
from services.orders.store.orders import StoredOrder, order_in
from shared.database import Connection

# How exactly it is known when a session was last used: a write for every page would be for nothing.
SEEN_AGAIN = timedelta(minutes=5)
LINKS_KEPT = timedelta(days=1)
# Any fixed numbers do: they name our advisory locks among the database's.
_CLIENT_LOCK, _ADDRESS_LOCK = 0x5101, 0x5102


@dataclass(frozen=True, slots=True)
class OwnOrder:
    """An order as its buyer's list shows it."""

    id: UUID
    number: str
    placed_at: datetime
    status: str
    event_id: UUID
    event: str
    places: int


@dataclass(frozen=True, slots=True)
class OwnEvent:
    """An event as its organiser's list shows it; `sold` and `capacity` over all its ticket types."""

    slug: str
    name: str
    organiser: str
    starts_at: datetime
    published: bool
    sold: int
    capacity: int


async def links_asked(connection: Connection, address: str, client: bytes) -> Asked:
    """How many there were, and nobody else counts or adds any for these two until the transaction ends.

    Always the client's lock first: no two can wait for each other. By the indexes on both.
    """
    await connection.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", _CLIENT_LOCK, client.hex())
    await connection.execute("SELECT pg_advisory_xact_lock($1, hashtext($2))", _ADDRESS_LOCK, address)
    (row,) = await connection.fetch(
        """
        SELECT count(*) FILTER (WHERE address = $1 AND requested_at > now() - $3::interval) AS address,
               count(*) FILTER (WHERE address = $1) AS address_day,
               count(*) FILTER (WHERE client = $2 AND requested_at > now() - interval '1 hour') AS client_hour
          FROM sign_in_links WHERE (address = $1 OR client = $2) AND requested_at > now() - interval '1 day'
        """,
        *(address, client, LINK_LIFETIME),
    )
    return Asked(**dict(row))


async def add_link(connection: Connection, token: bytes, browser: bytes, address: str, client: bytes) -> datetime:
    """Returns when it expires, by the database's clock."""
    expires_at: datetime = await connection.fetchval(
        "INSERT INTO sign_in_links (token, browser, address, client, expires_at) "
        "VALUES ($1, $2, $3, $4, now() + $5::interval) RETURNING expires_at",
        *(token, browser, address, client, LINK_LIFETIME),
    )
    return expires_at


async def link(connection: Connection, token: bytes, browser: bytes) -> Link | None:
    row = await connection.fetchrow(
        "SELECT address, browser = $2 AS ours, used_at IS NOT NULL AS used, expires_at "
        "FROM sign_in_links WHERE token = $1",
        *(token, browser),
    )
    return Link(**dict(row)) if row else None


async def use_link(connection: Connection, token: bytes, browser: bytes) -> str | None:
    """The address of a good link, for one caller only: its row is locked by the first. The others that this browser has
    for the address are used up with it."""
    address: str | None = await connection.fetchval(
        "UPDATE sign_in_links SET used_at = now() "
        "WHERE token = $1 AND browser = $2 AND used_at IS NULL AND expires_at > now() RETURNING address",
        *(token, browser),
    )
    if address:
        await connection.execute(
            "UPDATE sign_in_links SET used_at = now() WHERE address = $1 AND browser = $2 AND used_at IS NULL",
            *(address, browser),
        )
    return address


async def forget_links(connection: Connection) -> None:
    """Those that count for nothing any more, and sessions that are over; a few at a time."""
    await connection.execute(
        "DELETE FROM sign_in_links WHERE token IN "
        "(SELECT token FROM sign_in_links WHERE requested_at < now() - $1::interval LIMIT 1000)",
        LINKS_KEPT,
    )
    await connection.execute(
        "DELETE FROM sessions WHERE id IN (SELECT id FROM sessions "
        "WHERE created_at < now() - $1::interval OR seen_at < now() - $2::interval LIMIT 1000)",
        *(SESSION_LIFETIME, SESSION_IDLE),
    )


async def add_session(connection: Connection, identity: bytes, address: str) -> None:
    await connection.execute("INSERT INTO sessions (id, address) VALUES ($1, $2)", identity, address)


async def session_address(connection: Connection, identity: bytes) -> str | None:
    """Whose session this is, unless it is over. Notes its use now and then."""
    address: str | None = await connection.fetchval(
        """
        WITH seen AS (UPDATE sessions SET seen_at = now() WHERE id = $1 AND seen_at < now() - $4::interval
                         AND seen_at > now() - $3::interval AND created_at > now() - $2::interval)
        SELECT address FROM sessions
         WHERE id = $1 AND created_at > now() - $2::interval AND seen_at > now() - $3::interval
        """,
        *(identity, SESSION_LIFETIME, SESSION_IDLE, SEEN_AGAIN),
    )
    return address


async def end_session(connection: Connection, identity: bytes) -> None:
    await connection.execute("DELETE FROM sessions WHERE id = $1", identity)


async def end_all_sessions(connection: Connection, address: str) -> None:
    """First the links under way: whoever is just using one is waited for, and their session ends with the others."""
    await connection.execute("UPDATE sign_in_links SET used_at = now() WHERE address = $1 AND used_at IS NULL", address)
    await connection.execute("DELETE FROM sessions WHERE address = $1", address)


async def orders_of_buyer(connection: Connection, address: str, before: datetime | None, limit: int) -> list[OwnOrder]:
    """Newest first, by the index `orders_buyer`."""
    rows = await connection.fetch(
        """
        SELECT o.id, o.number, o.placed_at, o.status, o.event_id, e.name AS event,
               (SELECT count(*) FROM tickets t WHERE t.order_id = o.id) AS places
          FROM orders o JOIN events e ON e.id = o.event_id
         WHERE lower(o.buyer_email) = $1 AND ($2::timestamptz IS NULL OR o.placed_at < $2)
         ORDER BY o.placed_at DESC LIMIT $3
        """,
        *(address, before, limit),
    )
    return [OwnOrder(**dict(row)) for row in rows]


async def order_of_buyer(connection: Connection, address: str, number: str) -> StoredOrder | None:
    """By number, if it was bought with this address."""
    row = await connection.fetchrow(
        "SELECT * FROM orders WHERE number = $2 AND lower(buyer_email) = $1", *(address, number)
    )
    return order_in(row) if row else None


async def events_of_member(connection: Connection, address: str) -> list[OwnEvent]:
    """Of every organiser that the address is a member of, those to come first."""
    rows = await connection.fetch(
        """
        SELECT e.slug, e.name, o.name AS organiser, e.starts_at, e.published_at IS NOT NULL AS published,
               coalesce(sum(t.capacity - t.available), 0) AS sold, coalesce(sum(t.capacity), 0) AS capacity
          FROM organiser_members m JOIN organisers o ON o.id = m.organiser_id JOIN events e ON e.organiser_id = o.id
               LEFT JOIN ticket_types t ON t.event_id = e.id
         WHERE m.address = $1
         GROUP BY e.id, o.name ORDER BY e.starts_at < now(), abs(extract(epoch FROM e.starts_at - now())) LIMIT 200
        """,
        address,
    )
    return [OwnEvent(**dict(row)) for row in rows]


async def add_member(connection: Connection, organiser: UUID, address: str) -> None:
    await connection.execute(
        "INSERT INTO organiser_members (organiser_id, address) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        *(organiser, address),
    )


async def remove_member(connection: Connection, organiser: UUID, address: str) -> bool:
    done: Any = await connection.execute(
        "DELETE FROM organiser_members WHERE organiser_id = $1 AND address = $2", *(organiser, address)
    )
    return bool(done == "DELETE 1")


async def members(connection: Connection, organiser: str | None) -> list[tuple[str, str]]:
    """Organisers' names with their members' addresses; None for all."""
    rows = await connection.fetch(
        "SELECT o.name, m.address FROM organiser_members m JOIN organisers o ON o.id = m.organiser_id "
        "WHERE $1::text IS NULL OR o.name = $1 ORDER BY o.name, m.address",
        organiser,
    )
    return [(row["name"], row["address"]) for row in rows]


async def organiser_named(connection: Connection, name: str) -> UUID | None:
    identity: UUID | None = await connection.fetchval("SELECT id FROM organisers WHERE name = $1", name)
    return identity
