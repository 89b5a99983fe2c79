-- What is to be published, and what has been handled. Both stand in each service's own schema, so that
-- they commit with its changes.

-- Rows leave after the broker's confirm. A row with a lease is in a relay's hands until `due_at`.
CREATE TABLE outbox (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id text NOT NULL,
    key        text NOT NULL,
    subject    text NOT NULL,
    body       bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    due_at     timestamptz NOT NULL DEFAULT now(),
    failures   integer NOT NULL DEFAULT 0,
    lease      uuid
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000);

-- One row a message and queue: its effect was made.
CREATE TABLE inbox (
    queue      text NOT NULL,
    message_id text NOT NULL,
    handled_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (queue, message_id)
);
