-- What may have been lost on its way, and is told again until it has arrived (services/orders/reconciling).

-- Orders that were without their tickets, or the mail last asked for, for longer than a while. Few or none: they are
-- found by walking `orders` once, in the order of its key, so that neither placing nor fulfilling an order writes
-- anything for it. `since` is when what is awaited was asked for. Nobody looks again before `look_at`, by this clock.
CREATE TABLE unfulfilled_orders (
    order_id    uuid PRIMARY KEY,
    since       timestamptz NOT NULL,
    times_asked smallint NOT NULL DEFAULT 0,
    asked_at    timestamptz,
    look_at     timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX unfulfilled_orders_due ON unfulfilled_orders (look_at);

-- What is announced to others and answered by nobody: told again a few times at growing distances.
-- `key` is the message's, `subject` whom it is about.
CREATE TABLE announcements (
    key     text NOT NULL,
    subject text NOT NULL,
    times   smallint NOT NULL DEFAULT 0,
    look_at timestamptz NOT NULL,
    PRIMARY KEY (key, subject)
);
CREATE INDEX announcements_due ON announcements (look_at);
-- A revoked key that tickets never heard of still opens a gate.
INSERT INTO announcements (key, subject, look_at) SELECT 'api-key.changed.v1', id::text, now() FROM api_keys;

-- The one row is locked by the process that reconciles. `walked_to` and `walked_again_to` are the last orders seen
-- minutes and an hour after they were placed; `fulfilled_to` is when the latest order known to be fulfilled was placed.
CREATE TABLE reconciliation (
    only_row        boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    walked_to       uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    walked_again_to uuid NOT NULL,
    fulfilled_to    timestamptz
);
INSERT INTO reconciliation (walked_again_to) VALUES (
    rpad(lpad(to_hex((extract(epoch FROM now() - interval '1 hour') * 1000)::bigint), 12, '0'), 32, '0')::uuid
);

-- Who called it off, which its message says.
ALTER TABLE orders ADD COLUMN cancelled_by text CHECK (cancelled_by IN ('buyer', 'organiser'));

-- What is told, however often and under whichever message id it comes.
ALTER TABLE webhook_messages ADD COLUMN natural_key text UNIQUE;
