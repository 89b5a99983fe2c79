-- Orders that were cancelled, and their tickets, fed by `order.cancelled.v1`: nothing is issued for the ones, no gate
-- lets the others in. Either may be here before the order itself is.

CREATE TABLE cancelled_orders (
    number       text PRIMARY KEY,
    event_id     uuid NOT NULL,
    reason       text NOT NULL,
    cancelled_at timestamptz NOT NULL
);

CREATE TABLE void_tickets (
    id        uuid PRIMARY KEY,
    number    text NOT NULL,
    voided_at timestamptz NOT NULL
);
