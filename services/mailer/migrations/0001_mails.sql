-- One row a mail. The key is the mail's own: however often its message is delivered, there is one row.
-- `not_before` serves both a lease and a wait: nobody touches a pending mail before then, by this clock.
-- `lease` names who holds it; `attempts` count against the schedule, `postponed` (since the last attempt)
-- do not; `doubtful` counts attempts after which the mail may have gone already.
CREATE TABLE mails (
    template   text NOT NULL,
    number     text NOT NULL,
    recipient  text NOT NULL,
    revision   integer NOT NULL,
    status     text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'sent', 'bounced', 'failed')),
    attempts   smallint NOT NULL DEFAULT 0,
    postponed  integer NOT NULL DEFAULT 0,
    doubtful   smallint NOT NULL DEFAULT 0,
    lease      uuid NOT NULL,
    not_before timestamptz NOT NULL,
    reason     text,
    created_at timestamptz NOT NULL DEFAULT now(),
    settled_at timestamptz,
    PRIMARY KEY (number, template, recipient, revision)
) WITH (fillfactor = 80);
