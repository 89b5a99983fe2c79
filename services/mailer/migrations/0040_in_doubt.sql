-- After a restore: mails that may have gone since the backup was taken wait as `in-doubt` until it is known, or decided
-- (docs/backup.md). Nothing but `boxoffice restore` makes a mail one.
ALTER TABLE mails
    DROP CONSTRAINT mails_status_check,
    ADD CONSTRAINT mails_status_check
        CHECK (status IN ('pending', 'sent', 'bounced', 'failed', 'withdrawn', 'in-doubt')) NOT VALID;
CREATE INDEX mails_in_doubt ON mails (number, template, recipient, revision) WHERE status = 'in-doubt';

-- The data of `order.cancelled.v1`, as `issued` is that of `tickets.issued.v1`: what there is to send again.
ALTER TABLE orders ADD COLUMN cancellation json;
