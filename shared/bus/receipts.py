"""Acknowledging in the transaction of the effect, where the bus lies in the database that the handler writes to.

A transaction that is rolled back gives the messages back with it. A lease that was lost meanwhile removes
nothing: the effect is then made once by its natural key, as for any second delivery.
"""

from collections.abc import Iterable

from shared.bus.protocol import Delivery, Done
from shared.database import Connection


async def acknowledge(connection: Connection, deliveries: Iterable[Delivery]) -> None:
    """Remove these messages with the caller's commit; those without a receipt are left to their handler's verdict.

    Locks their rows, which nobody else waits for.
    """
    receipts = [delivery.receipt for delivery in deliveries if delivery.receipt]
    if not receipts:
        return
    for receipt in receipts:
        receipt.used = True
    await connection.execute(
        "DELETE FROM bus.deliveries d USING unnest($1::bigint[], $2::uuid[]) AS done (id, token) "
        "WHERE d.id = done.id AND d.token = done.token",
        [receipt.id for receipt in receipts],
        [receipt.token for receipt in receipts],
    )


def done(delivery: Delivery) -> Done:
    """The verdict on a delivery that was given to `acknowledge` in a transaction that was committed."""
    return Done(acknowledged=delivery.receipt is not None)
