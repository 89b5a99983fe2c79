-- What is past its time is found from the oldest on.
CREATE INDEX inbox_by_age ON inbox (received_at);
