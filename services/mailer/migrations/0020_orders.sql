-- Our copy of what there is to send again, and of what must not be sent any more: `issued` is the data of
-- `tickets.issued.v1`. A row is locked before the order's mails are.
CREATE TABLE orders (
    number       text PRIMARY KEY,
    issued       json,
    cancelled_at timestamptz
);

-- A mail may be withdrawn before it went; without a lease it waits, and nobody is sending it.
ALTER TABLE mails
    DROP CONSTRAINT mails_status_check,
    ADD CONSTRAINT mails_status_check
        CHECK (status IN ('pending', 'sent', 'bounced', 'failed', 'withdrawn')) NOT VALID,
    ALTER COLUMN lease DROP NOT NULL;
