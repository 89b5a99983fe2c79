-- An organiser's list of orders, newest first, and whatever else walks an event's orders: ids rise with time.
CREATE INDEX orders_event ON orders (event_id, id);
