-- The mailers that live. Each counts up its `beat` every few seconds; one whose beat stands still for long is taken
-- off by another, and whatever it had in hand is free. Updated in place: few rows, none of them indexed anew.
CREATE TABLE mailers (
    id         uuid PRIMARY KEY,
    beat       bigint NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 10);

-- `owner` is the mailer that has a mail in hand; NULL while it waits (or in the hands of an earlier version, whose lease
-- `not_before` is). `asked_by` is the newest message that asked for it: of several that wait for one mail, one stays.
ALTER TABLE mails
    ADD COLUMN owner uuid,
    ADD COLUMN asked_by text COLLATE "C";
