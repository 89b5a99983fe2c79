-- Events can be edited: `version` counts the edits, of the event and of its ticket types, not the sales.

ALTER TABLE events ADD COLUMN version bigint NOT NULL DEFAULT 1;
CREATE INDEX events_organiser ON events (organiser_id, starts_at, id);
