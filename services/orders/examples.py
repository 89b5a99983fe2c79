"""Examples in the API's document. Tests hold each to its schema."""

from typing import Any

NUMBER = "7K2MX-Q4P9D"
_GENERAL = "019a1c2e-5b1f-7c3d-9e4a-2f6b8d0c1e35"
_ORDER = f"http://localhost:8080/v1/orders/{NUMBER}"
_ADA, _CHARLES = {"name": "Ada Lovelace"}, {"name": "Charles Babbage"}
_BUYER = {"name": "Ada Lovelace", "email": "ada@example.org"}

ORDER_REQUEST: dict[str, Any] = {
    "event": "europython-2027",
    "buyer": _BUYER,
    "locale": "en",
    "lines": [{"ticket_type": "general", "quantity": 2, "attendees": [_ADA, _CHARLES]}],
    "expected_total": {"amount": 9000, "currency": "EUR"},
}

TICKET_TYPE_REQUEST: dict[str, Any] = {
    "name": "General",
    "price": {"amount": 4500, "currency": "EUR"},
    "capacity": 100_000,
}

EVENT_REQUEST: dict[str, Any] = {
    "name": "EuroPython 2027",
    "starts_at": "2027-07-12T09:00:00+02:00",
    "timezone": "Europe/Warsaw",
    "venue": {"name": "ICE Kraków", "address": "Marii Konopnickiej 17, Kraków"},
    "ticket_types": [TICKET_TYPE_REQUEST],
}

EVENT_PATCH: dict[str, Any] = {"description": "Seven days of Python, in person.", "ends_at": None}
TICKET_TYPE_PATCH: dict[str, Any] = {"capacity": 120_000}

EVENT_SUMMARY: dict[str, Any] = {
    "id": "019a1c2e-5b1e-7a90-8f21-6c1d3e5f7a9b",
    "slug": "europython-2027",
    "name": "EuroPython 2027",
    "description": "Seven days of Python, in person.",
    "venue": {"name": "ICE Kraków", "address": "Marii Konopnickiej 17, Kraków"},
    "starts_at": "2027-07-12T07:00:00Z",
    "ends_at": "2027-07-18T16:00:00Z",
    "timezone": "Europe/Warsaw",
    "organiser": {"name": "EuroPython Society"},
}

TICKET_TYPE: dict[str, Any] = {
    "id": _GENERAL,
    "slug": "general",
    "name": "General",
    "description": "",
    "price": {"amount": 4500, "currency": "EUR"},
    "capacity": 100_000,
    "available": 99_998,
    "max_per_order": 10,
    "on_sale_from": None,
    "on_sale_until": None,
}

EVENT = EVENT_SUMMARY | {"ticket_types": [TICKET_TYPE]}
OWNED_EVENT = EVENT | {"published_at": "2027-01-15T09:00:00Z"}
EVENTS = {"data": [EVENT], "next": None}

PLACED: dict[str, Any] = {
    "confirmation_number": NUMBER,
    "status": "confirmed",
    "placed_at": "2027-03-01T09:00:00.123456Z",
    "event": EVENT_SUMMARY,
    "buyer": _BUYER,
    "lines": [
        {
            "ticket_type": _GENERAL,
            "name": "General",
            "quantity": 2,
            "unit_price": {"amount": 4500, "currency": "EUR"},
            "attendees": [_ADA, _CHARLES],
        }
    ],
    "total": {"amount": 9000, "currency": "EUR"},
    "fulfilment": {"tickets": "pending", "email": "pending"},
    "access_token": "Zk3yq0h9sX1vTn7cJm5aLw2eRb8uGd4pQf6iKo0tYxE",
    "links": {
        "self": _ORDER,
        "progress": f"{_ORDER}/progress?sig=AAAAAGE9l0uXn2rYV5y7mJ4bQ8kT1cZp",
        "tickets_pdf": f"{_ORDER}/tickets.pdf?sig=AAAAAGE9l0sWm1qXU4x6lI3aP7jS0bYo",
        "page": f"http://localhost:8080/orders/{NUMBER}",
    },
}

ORDER = {name: value for name, value in PLACED.items() if name != "access_token"} | {
    "fulfilment": {"tickets": "issued", "email": "sent"}
}

CANCELLED = ORDER | {"status": "cancelled", "fulfilment": {"tickets": "void", "email": "pending"}}
ASKED = ORDER | {"fulfilment": {"tickets": "issued", "email": "pending"}}

ORDERS: dict[str, Any] = {
    "data": [
        {name: value for name, value in ORDER.items() if name not in ("event", "links")} | {"links": {"self": _ORDER}}
    ],
    "next": None,
}

_SOLD: dict[str, Any] = {"sold": 2, "revenue": [{"amount": 9000, "currency": "EUR"}]}
SALES: dict[str, Any] = {
    "event": EVENT["id"],
    "timezone": "Europe/Warsaw",
    **_SOLD,
    "ticket_types": [{name: TICKET_TYPE[name] for name in ("id", "slug", "name", "capacity", "available")} | _SOLD],
    "days": [{"date": "2027-03-01", **_SOLD, "ticket_types": [{"id": _GENERAL, **_SOLD}]}],
}

ATTENDEES = """\
confirmation_number,ticket,ticket_type,attendee,buyer_name,buyer_email,placed_at
7K2MX-Q4P9D,019a1c2e-5b20-7e11-8a52-7d9f1b3c5e68,General,Ada Lovelace,Ada Lovelace,ada@example.org,2027-03-01T09:00:00Z
"""

PROGRESS = """\
id: 0
event: order.placed
data: {"confirmation_number":"7K2MX-Q4P9D","at":"2027-03-01T09:00:00.123456Z"}

id: 41
event: tickets.issued
data: {"confirmation_number":"7K2MX-Q4P9D","tickets":2,"at":"2027-03-01T09:00:00.310204Z"}

id: 42
event: email.sent
data: {"confirmation_number":"7K2MX-Q4P9D","template":"tickets","at":"2027-03-01T09:00:00.871120Z"}

"""
