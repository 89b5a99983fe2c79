"""The orders service's SQL, all of it: a module for each thing it keeps."""

from services.orders.store.events import add_event, add_organiser, any_event, event, published_events
from services.orders.store.first_answers import FirstAnswer, first_answers, forget_old_answers, keep_answers
from services.orders.store.keys import ApiKey, add_key, caller, keys, lock_keys, revoke_key
from services.orders.store.orders import News, StoredOrder, add_news, lock_fulfilment, news, order, save_fulfilment
from services.orders.store.placing import PlacedOrder, add_placed, existing_orders, lock_types

__all__ = [
    "ApiKey",
    "FirstAnswer",
    "News",
    "PlacedOrder",
    "StoredOrder",
    "add_event",
    "add_key",
    "add_news",
    "add_organiser",
    "add_placed",
    "any_event",
    "caller",
    "event",
    "existing_orders",
    "first_answers",
    "forget_old_answers",
    "keep_answers",
    "keys",
    "lock_fulfilment",
    "lock_keys",
    "lock_types",
    "news",
    "order",
    "published_events",
    "revoke_key",
    "save_fulfilment",
]
