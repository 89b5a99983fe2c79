-- Events and their stock, orders and their tickets, and what became of them.

CREATE TABLE organisers (
    id         uuid PRIMARY KEY,
    name       text NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE events (
    id            uuid PRIMARY KEY,
    organiser_id  uuid NOT NULL REFERENCES organisers,
    slug          text NOT NULL UNIQUE,
    name          text NOT NULL,
    description   text NOT NULL DEFAULT '',
    venue_name    text NOT NULL DEFAULT '',
    venue_address text NOT NULL DEFAULT '',
    starts_at     timestamptz NOT NULL,
    ends_at       timestamptz CHECK (ends_at > starts_at),
    timezone      text NOT NULL,
    published_at  timestamptz
);
CREATE INDEX events_published ON events (starts_at, id) WHERE published_at IS NOT NULL;

-- `available` falls with each sale under a row lock: the check is the last line of defence against overselling.
CREATE TABLE ticket_types (
    id            uuid PRIMARY KEY,
    event_id      uuid NOT NULL REFERENCES events,
    slug          text NOT NULL,
    position      smallint NOT NULL,
    name          text NOT NULL,
    description   text NOT NULL DEFAULT '',
    price_amount  bigint NOT NULL CHECK (price_amount >= 0),
    currency      text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    capacity      integer NOT NULL CHECK (capacity >= 0),
    available     integer NOT NULL CHECK (available BETWEEN 0 AND capacity),
    max_per_order integer NOT NULL CHECK (max_per_order >= 1),
    on_sale_from  timestamptz,
    on_sale_until timestamptz,
    UNIQUE (event_id, slug)
) WITH (fillfactor = 50);

CREATE TABLE orders (
    id             uuid PRIMARY KEY,
    number         text NOT NULL UNIQUE,
    event_id       uuid NOT NULL,
    buyer_name     text NOT NULL,
    buyer_email    text NOT NULL,
    locale         text NOT NULL,
    lines          json NOT NULL,
    total_amount   bigint NOT NULL,
    currency       text NOT NULL,
    status         text NOT NULL DEFAULT 'confirmed' CHECK (status IN ('confirmed', 'cancelled')),
    placed_at      timestamptz NOT NULL,
    tickets_status text NOT NULL DEFAULT 'pending' CHECK (tickets_status IN ('pending', 'issued', 'void', 'failed')),
    email_status   text NOT NULL DEFAULT 'pending' CHECK (email_status IN ('pending', 'sent', 'bounced', 'failed')),
    pdf_key        text
) WITH (fillfactor = 85);

CREATE TABLE tickets (
    id             uuid PRIMARY KEY,
    order_id       uuid NOT NULL,
    event_id       uuid NOT NULL,
    ticket_type_id uuid NOT NULL,
    attendee       text NOT NULL
);
CREATE INDEX tickets_order ON tickets (order_id);

-- What tickets and mailer reported, in the order it came: the events of a progress stream.
CREATE TABLE order_news (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number   text NOT NULL,
    name     text NOT NULL,
    at       timestamptz NOT NULL DEFAULT now(),
    data     json NOT NULL
);
CREATE INDEX order_news_number ON order_news (number, id);

-- The first answer given for an Idempotency-Key; `answer` has no secret in it (see answers.py).
CREATE TABLE idempotency_keys (
    key         bytea PRIMARY KEY,
    fingerprint bytea NOT NULL,
    order_id    uuid,
    status      smallint NOT NULL,
    answer      bytea NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idempotency_keys_age ON idempotency_keys (created_at);
