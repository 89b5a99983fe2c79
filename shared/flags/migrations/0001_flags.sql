-- What operators set while everything runs. No service's: each process reads it, only `boxoffice flags` writes it.
CREATE TABLE version (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    number bigint NOT NULL
);
INSERT INTO version (number) VALUES (0);

CREATE TABLE settings (
    name text PRIMARY KEY,
    setting jsonb NOT NULL
);

-- Grows by what people type; `number` is the version that the change made.
CREATE TABLE changes (
    number bigint PRIMARY KEY,
    name text NOT NULL,
    setting jsonb,
    at timestamptz NOT NULL DEFAULT now(),
    by text NOT NULL,
    why text NOT NULL
);
CREATE INDEX changes_by_name ON changes (name, number DESC);
