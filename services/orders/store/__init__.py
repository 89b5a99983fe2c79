"""The orders service's SQL, all of it: a module for each thing it keeps."""

from services.orders.store.cancelling import VoidTicket, return_places, void_order
from services.orders.store.events import SlugTaken, add_event, add_organiser, any_event, event, published_events
from services.orders.store.first_answers import FirstAnswer, first_answers, forget_old_answers, keep_answers
from services.orders.store.keys import ApiKey, add_key, caller, keys, lock_keys, revoke_key
from services.orders.store.orders import (
    News,
    StoredOrder,
    add_news,
    ages_of,
    lock_order,
    news,
    order,
    save_fulfilment,
)
from services.orders.store.owned import (
    Owned,
    add_owned_types,
    change_event,
    change_owned_type,
    lock_owned_type,
    owned_event,
    owned_events,
    set_published,
)
from services.orders.store.placing import PlacedOrder, add_placed, existing_orders, lock_types
from services.orders.store.reports import Wanted, attendees_of, orders_of, owned_order, sales_of, sales_span

__all__ = [
    "ApiKey",
    "FirstAnswer",
    "News",
    "Owned",
    "PlacedOrder",
    "SlugTaken",
    "StoredOrder",
    "VoidTicket",
    "Wanted",
    "add_event",
    "add_key",
    "add_news",
    "add_organiser",
    "add_owned_types",
    "add_placed",
    "ages_of",
    "any_event",
    "attendees_of",
    "caller",
    "change_event",
    "change_owned_type",
    "event",
    "existing_orders",
    "first_answers",
    "forget_old_answers",
    "keep_answers",
    "keys",
    "lock_keys",
    "lock_order",
    "lock_owned_type",
    "lock_types",
    "news",
    "order",
    "orders_of",
    "owned_event",
    "owned_events",
    "owned_order",
    "published_events",
    "return_places",
    "revoke_key",
    "sales_of",
    "sales_span",
    "save_fulfilment",
    "set_published",
    "void_order",
]
