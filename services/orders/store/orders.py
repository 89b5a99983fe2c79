"""Placed orders, and what became of them."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec

from services.orders.answer_shapes import OrderLine
from services.orders.cancelling import By
from services.orders.fulfilment import Fulfilment, Mail, OrderStatus
from shared.database import Connection


@dataclass(frozen=True, slots=True)
class StoredOrder:
    """An order as kept. `lines` are as in the answers; `pdf_key` is None until tickets are issued."""

    id: UUID
    number: str
    event_id: UUID
    buyer_name: str
    buyer_email: str
    locale: str
    lines: list[OrderLine]
    total: int
    currency: str
    status: OrderStatus
    placed_at: datetime
    fulfilment: Fulfilment
    pdf_key: str | None
    cancelled_by: By | None = None
    cancelled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class News:
    """One report about an order, as its progress stream tells it."""

    id: int
    name: str
    at: datetime
    data: dict[str, Any]


class Progress(msgspec.Struct, frozen=True):
    """A report about an order and how it then stands; `pdf_key` None where the report is not of a PDF."""

    number: str
    state: Fulfilment
    pdf_key: str | None
    name: str
    data: bytes


async def order(connection: Connection, number: str) -> StoredOrder | None:
    row = await connection.fetchrow("SELECT * FROM orders WHERE number = $1", number)
    return order_in(row) if row else None


async def lock_order(connection: Connection, number: str) -> StoredOrder | None:
    """Its row locked until the transaction ends, before those of any ticket types."""
    row = await connection.fetchrow("SELECT * FROM orders WHERE number = $1 FOR NO KEY UPDATE", number)
    return order_in(row) if row else None


async def lock_orders(connection: Connection, numbers: Collection[str]) -> dict[str, StoredOrder]:
    """`lock_order` for many, in the order of their numbers, so that no two transactions deadlock."""
    rows = await connection.fetch(
        "SELECT * FROM orders WHERE number = ANY($1::text[]) ORDER BY number FOR NO KEY UPDATE", list(numbers)
    )
    return {row["number"]: order_in(row) for row in rows}


def order_in(row: Any) -> StoredOrder:
    mail = Mail("cancellation") if row["status"] == "cancelled" else Mail("tickets", row["mail_revision"])
    return StoredOrder(
        id=row["id"],
        number=row["number"],
        event_id=row["event_id"],
        buyer_name=row["buyer_name"],
        buyer_email=row["buyer_email"],
        locale=row["locale"],
        lines=json.loads(row["lines"]),
        total=row["total_amount"],
        currency=row["currency"],
        status=row["status"],
        placed_at=row["placed_at"],
        fulfilment=Fulfilment(row["tickets_status"], row["email_status"], mail),
        pdf_key=row["pdf_key"],
        cancelled_by=row["cancelled_by"],
        cancelled_at=row["cancelled_at"],
    )


async def save_fulfilment(connection: Connection, number: str, state: Fulfilment) -> None:
    await connection.execute(
        """
        UPDATE orders SET tickets_status = $2, email_status = $3,
               mail_revision = CASE WHEN $4 = 'tickets' THEN $5 ELSE mail_revision END
         WHERE number = $1
        """,
        number,
        state.tickets,
        state.email,
        state.mail.template,
        state.mail.revision,
    )


async def save_progress(connection: Connection, reports: Sequence[Progress]) -> None:
    """Where each order stands after its last report, and the news of each. Their rows are locked by `lock_orders`."""
    if not reports:
        return
    last = {report.number: report for report in reports}
    pdfs = {report.number: report.pdf_key for report in reports if report.pdf_key}
    await connection.execute(
        """
        WITH news AS (
            INSERT INTO order_news (number, name, data)
            SELECT number, name, data FROM unnest($7::text[], $8::text[], $9::json[])
                WITH ORDINALITY AS n (number, name, data, place) ORDER BY place
        )
        UPDATE orders o SET tickets_status = s.tickets, email_status = s.email,
               pdf_key = coalesce(s.pdf_key, o.pdf_key),
               mail_revision = CASE WHEN s.template = 'tickets' THEN s.revision ELSE o.mail_revision END
          FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::smallint[])
               AS s (number, tickets, email, pdf_key, template, revision)
         WHERE o.number = s.number
        """,
        list(last),
        [report.state.tickets for report in last.values()],
        [report.state.email for report in last.values()],
        [pdfs.get(number) for number in last],
        [report.state.mail.template for report in last.values()],
        [report.state.mail.revision for report in last.values()],
        [report.number for report in reports],
        [report.name for report in reports],
        [report.data.decode() for report in reports],
    )


async def add_news(connection: Connection, number: str, name: str, data: bytes) -> None:
    await connection.execute(
        "INSERT INTO order_news (number, name, data) VALUES ($1, $2, $3::json)", number, name, data.decode()
    )


async def news(connection: Connection, number: str, after: int) -> list[News]:
    """What was reported past the id `after`, oldest first; by the index `order_news_number`."""
    rows = await connection.fetch(
        "SELECT id, name, at, data FROM order_news WHERE number = $1 AND id > $2 ORDER BY id", number, after
    )
    return [News(row["id"], row["name"], row["at"], json.loads(row["data"])) for row in rows]


async def ages_of(connection: Connection, number: str, name: str, within: timedelta) -> list[timedelta]:
    """How long ago each news of this name was, of those `within` so long; by the index `order_news_number`."""
    rows = await connection.fetch(
        "SELECT clock_timestamp() - at AS age FROM order_news "
        "WHERE number = $1 AND name = $2 AND at > clock_timestamp() - $3::interval",
        number,
        name,
        within,
    )
    return [row["age"] for row in rows]
