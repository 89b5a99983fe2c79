-- Why a row was last refused, for whoever looks at what stands still.
ALTER TABLE outbox ADD COLUMN reason text;
