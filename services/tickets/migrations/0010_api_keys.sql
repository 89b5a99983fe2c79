-- Our copy of the organisers' API keys, fed by `api-key.changed.v1`.

CREATE TABLE api_keys (
    id             uuid PRIMARY KEY,
    hash           bytea NOT NULL UNIQUE,
    organiser_id   uuid NOT NULL,
    organiser_name text NOT NULL,
    rights         text[] NOT NULL,
    revoked        boolean NOT NULL
);
