-- Cancelled orders: their tickets are void, their places back on sale. `mail_revision` counts how often the
-- tickets' mail was asked for.

ALTER TABLE orders
    ADD COLUMN cancelled_at  timestamptz,
    ADD COLUMN mail_revision smallint NOT NULL DEFAULT 1;

ALTER TABLE tickets ADD COLUMN voided_at timestamptz;
