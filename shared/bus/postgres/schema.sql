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

-- Written once, however many queues a message goes to and however often it is leased: a delivery is written
-- three times. Swept away when no delivery is left.
CREATE TABLE IF NOT EXISTS bus.messages (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    message_id   text NOT NULL,
    key          text NOT NULL,
    subject      text NOT NULL,
    body         bytea NOT NULL
) WITH (
    autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_vacuum_insert_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = 20000,
    autovacuum_analyze_scale_factor = 0,
    autovacuum_analyze_threshold = 20000,
    autovacuum_vacuum_cost_delay = 0
);

-- One row for each queue a message goes to. A row is
--     ready      available_at IS NULL
--     leased     token IS NOT NULL until available_at, ready after it
--     waiting    token IS NULL until available_at, ready after it
CREATE TABLE IF NOT EXISTS bus.deliveries (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    queue        text NOT NULL,
    message      bigint NOT NULL,
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

-- Version 1 kept each message with every delivery of it.
ALTER TABLE bus.deliveries ADD COLUMN IF NOT EXISTS message bigint;
DO $$
DECLARE
    old record;
    kept bigint;
BEGIN
    IF EXISTS (SELECT FROM information_schema.columns
                WHERE (table_schema, table_name, column_name) = ('bus', 'deliveries', 'body')) THEN
        FOR old IN EXECUTE 'SELECT id, message_id, key, subject, body FROM bus.deliveries ORDER BY id' LOOP
            INSERT INTO bus.messages (message_id, key, subject, body)
                VALUES (old.message_id, old.key, old.subject, old.body) RETURNING id INTO kept;
            UPDATE bus.deliveries SET message = kept WHERE id = old.id;
        END LOOP;
        ALTER TABLE bus.deliveries ALTER COLUMN message SET NOT NULL,
            DROP COLUMN message_id, DROP COLUMN key, DROP COLUMN subject, DROP COLUMN body;
    END IF;
END $$;

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
