"""The orders service's SQL, all of it: a module for each thing it keeps."""

from services.orders.store.events import add_event, add_organiser, any_event, event, published_events
from services.orders.store.first_answers import FirstAnswer, first_answers, forget_old_answers, keep_answers
from services.orders.store.orders import News, StoredOrder, add_news, lock_fulfilment, news, order, save_fulfilment
from services.orders.store.placing import PlacedOrder, add_placed, existing_orders, lock_types

__all__ = [
    "FirstAnswer",
    "News",
    "PlacedOrder",
    "StoredOrder",
    "add_event",
    "add_news",
    "add_organiser",
    "add_placed",
    "any_event",
    "event",
    "existing_orders",
    "first_answers",
    "forget_old_answers",
    "keep_answers",
    "lock_fulfilment",
    "lock_types",
    "news",
    "order",
    "published_events",
    "save_fulfilment",
]
