"""How large an order may be: so large that its message fits the bus and its tickets are drawn in time."""

MAX_LINES = 20
MAX_PLACES = 200
