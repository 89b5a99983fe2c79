-- Where organisers want to be told, of what, and what they were told.

-- `secret` is sealed (see webhooks/vault.py); the one before it still signs until `old_secret_until`.
-- `failing_since` and `failures` count from the last success; nothing goes to an endpoint before `paused_until`.
CREATE TABLE webhooks (
    id               uuid PRIMARY KEY,
    organiser_id     uuid NOT NULL REFERENCES organisers,
    url              text NOT NULL,
    description      text NOT NULL DEFAULT '',
    messages         text[] NOT NULL CHECK (cardinality(messages) > 0),
    secret           bytea NOT NULL,
    old_secret       bytea,
    old_secret_until timestamptz,
    created_at       timestamptz NOT NULL DEFAULT now(),
    disabled_because text CHECK (disabled_because IN ('asked', 'gone', 'failing')),
    failures         integer NOT NULL DEFAULT 0,
    failing_since    timestamptz,
    paused_until     timestamptz,
    CHECK ((old_secret IS NULL) = (old_secret_until IS NULL))
);
CREATE INDEX webhooks_organiser ON webhooks (organiser_id, id);

-- A message as it is sent, once however many webhooks it goes to; its id is the one it has on the bus.
CREATE TABLE webhook_messages (
    id      uuid PRIMARY KEY,
    type    text NOT NULL,
    body    bytea NOT NULL,
    kept_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhook_messages_age ON webhook_messages (kept_at);

-- A message owed to a webhook. The key is the delivery's own: however often its message comes, there is one.
-- `due_at` serves both a lease and a wait: nobody touches a pending one before then, by this clock.
-- `log` has its last attempts, oldest first: {"at", "status", "milliseconds", "detail"}.
CREATE TABLE webhook_deliveries (
    webhook_id uuid NOT NULL,
    message_id uuid NOT NULL,
    status     text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed')),
    attempts   smallint NOT NULL DEFAULT 0,
    due_at     timestamptz NOT NULL DEFAULT now(),
    lease      uuid,
    log        jsonb NOT NULL DEFAULT '[]',
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (webhook_id, message_id)
) WITH (
    -- A row is written three times within a second: clean up by count, not by share.
    fillfactor = 70,
    autovacuum_vacuum_scale_factor = 0.01,
    autovacuum_vacuum_threshold = 5000,
    autovacuum_analyze_scale_factor = 0.05,
    autovacuum_vacuum_cost_delay = 0
);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook_id, due_at) WHERE status = 'pending';
CREATE INDEX webhook_deliveries_age ON webhook_deliveries (created_at);
