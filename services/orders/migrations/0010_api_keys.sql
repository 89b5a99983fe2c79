-- Organisers' API keys: the key itself is shown once and kept nowhere.

CREATE TABLE api_keys (
    id           uuid PRIMARY KEY,
    organiser_id uuid NOT NULL REFERENCES organisers,
    hash         bytea NOT NULL UNIQUE,
    prefix       text NOT NULL,
    rights       text[] NOT NULL CHECK (cardinality(rights) > 0 AND rights <@ '{read,write,check-in}'::text[]),
    created_at   timestamptz NOT NULL DEFAULT now(),
    last_used_at timestamptz,
    revoked_at   timestamptz
);
