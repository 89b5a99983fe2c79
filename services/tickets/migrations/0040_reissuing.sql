-- What a PDF was drawn of, so that one the store has lost is drawn again byte for byte: orders tells everything but
-- the event as it stood then. Few events stand for many documents.
CREATE TABLE drawn_events (
    digest  bytea PRIMARY KEY,
    details json NOT NULL
);
ALTER TABLE documents ADD COLUMN drawn_event bytea;
