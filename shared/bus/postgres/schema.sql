-- The bus's own schema. Runs whenever the version in the schema's comment is another: keep every
-- statement safe to run again.

CREATE SCHEMA IF NOT EXISTS bus;

CREATE TABLE IF NOT EXISTS bus.queues (
    queue text PRIMARY KEY
);

CREATE TABLE IF NOT EXISTS bus.bindings (
    key   text NOT NULL,
    queue text NOT NULL REFERENCES bus.queues ON DELETE CASCADE,
    PRIMARY KEY (key, queue)
);

-- One row for each queue a message goes to. A row is
--     ready      available_at IS NULL
--     leased     token IS NOT NULL until available_at, ready after it
--     waiting    token IS NULL until available_at, ready after it
CREATE TABLE IF NOT EXISTS bus.deliveries (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue        text NOT NULL,
    message_id   text NOT NULL,
    key          text NOT NULL,
    subject      text NOT NULL,
    body         bytea NOT NULL,
    attempts     integer NOT NULL DEFAULT 0,
    available_at timestamptz,
    token        uuid,
    enqueued_at  timestamptz NOT NULL DEFAULT now()
) WITH (
    -- Rows live for milliseconds: clean up by count, not by share, and without pausing.
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 20000,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 20000,
    autovacuum_vacuum_cost_delay = 0
);

CREATE INDEX IF NOT EXISTS deliveries_ready ON bus.deliveries (queue, id) WHERE available_at IS NULL;
CREATE INDEX IF NOT EXISTS deliveries_timed ON bus.deliveries (queue, available_at) WHERE available_at IS NOT NULL;

CREATE TABLE IF NOT EXISTS bus.dead_letters (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue      text NOT NULL,
    message_id text NOT NULL,
    key        text NOT NULL,
    subject    text NOT NULL,
    body       bytea NOT NULL,
    reason     text NOT NULL,
    attempts   integer NOT NULL,
    died_at    timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX IF NOT EXISTS dead_letters_by_message ON bus.dead_letters (queue, message_id);
