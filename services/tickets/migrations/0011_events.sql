-- Our copy of the events that are, or were, on sale, fed by `event.changed.v1`: `details` is its data.

CREATE TABLE events (
    id           uuid PRIMARY KEY,
    organiser_id uuid NOT NULL,
    version      bigint NOT NULL,
    published    boolean NOT NULL,
    details      json NOT NULL
);
