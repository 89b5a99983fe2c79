-- What a service owes the bus, and what it has had from it. In each service's own schema.

-- A row is
--     ready     available_at IS NULL
--     leased    token IS NOT NULL until available_at, ready after it
--     parked    token IS NULL until available_at, ready after it (no queue wanted it, or it can't be sent)
-- and leaves when the broker has confirmed the message.
CREATE TABLE outbox (
    position     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id   text NOT NULL,
    key          text NOT NULL,
    subject      text NOT NULL,
    body         bytea NOT NULL,
    added_at     timestamptz NOT NULL DEFAULT now(),
    failures     integer NOT NULL DEFAULT 0,
    unsendable   boolean NOT NULL DEFAULT false,
    available_at timestamptz,
    token        uuid
) WITH (
    -- Rows live for milliseconds: clean up by count, not by share, and without pausing.
    fillfactor = 80,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 20000,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 20000,
    autovacuum_vacuum_cost_delay = 0
);

CREATE INDEX outbox_ready ON outbox (position) WHERE available_at IS NULL;
CREATE INDEX outbox_timed ON outbox (available_at) WHERE available_at IS NOT NULL;
-- Order per subject: only the oldest row of a subject may go.
CREATE INDEX outbox_by_subject ON outbox (subject, position) WHERE NOT unsendable;

-- One row for each message a queue's consumer has had its effect of.
CREATE TABLE inbox (
    queue       text NOT NULL,
    message_id  text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (queue, message_id)
);
