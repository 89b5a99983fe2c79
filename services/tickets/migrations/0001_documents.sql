-- One PDF an order, and the orders whose PDF could not be made.

CREATE TABLE documents (
    number     text PRIMARY KEY,
    event_id   uuid NOT NULL,
    store_key  text NOT NULL,
    size       bigint NOT NULL,
    sha256     text NOT NULL,
    issued_at  timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE failures (
    number    text PRIMARY KEY,
    reason    text NOT NULL,
    failed_at timestamptz NOT NULL DEFAULT now()
);
