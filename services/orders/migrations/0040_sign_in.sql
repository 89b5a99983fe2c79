-- Who signs in, by a link that came by mail. Of links, browsers and sessions only hashes are kept; addresses are in
-- small letters.
CREATE TABLE sign_in_links (
    token        bytea PRIMARY KEY,
    browser      bytea NOT NULL,
    address      text NOT NULL,
    client       bytea NOT NULL,
    requested_at timestamptz NOT NULL DEFAULT now(),
    expires_at   timestamptz NOT NULL,
    used_at      timestamptz
);
CREATE INDEX sign_in_links_address ON sign_in_links (address, requested_at);
CREATE INDEX sign_in_links_client ON sign_in_links (client, requested_at);

CREATE TABLE sessions (
    id         bytea PRIMARY KEY,
    address    text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX sessions_address ON sessions (address);

-- People who may see an organiser's events when they sign in.
CREATE TABLE organiser_members (
    address      text NOT NULL,
    organiser_id uuid NOT NULL REFERENCES organisers,
    added_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (address, organiser_id)
);

-- A buyer's orders, newest first.
CREATE INDEX orders_buyer ON orders (lower(buyer_email), placed_at DESC);
