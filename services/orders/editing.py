"""Events made, changed and put on sale by their organiser, each in the caller's transaction.

Whoever edits an event holds its row: edits come one after the other, and a stale one is noticed. What is
published, or was, is told to the others in the same transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from services.orders import reporting, store
from services.orders.catalogue import TicketType
from services.orders.event_requests import MAX_TYPES, EventFields, EventRequest, TicketTypeFields
from services.orders.merging import changed, merged
from services.orders.organising import NewEvent, event_as_new, faults_in_change, type_as_new
from services.orders.shapes import parse
from services.orders.slugs import candidates
from services.orders.store import Owned, SlugTaken, announcing
from shared import outbox
from shared.bus import Message, Unsendable
from shared.database import Connection
from shared.web import Fault, invalid, not_found

TAKEN = Fault("/slug", "Another event has this slug: choose another, or leave it out.")
TYPE_TAKEN = Fault("/slug", "Another ticket type of this event has this slug: choose another, or leave it out.")
NO_SUCH_TYPE = "This event has no such ticket type."


async def create(held: Connection, organiser: UUID, request: EventRequest) -> Owned:
    """Not yet published. Raises `Problem`."""
    event = request.new_event()
    if request.slug is None:
        identity = await _add_under_a_free_slug(held, organiser, event)
    else:
        try:
            identity = await store.add_event(held, organiser, event, published=False)
        except SlugTaken:
            raise invalid([TAKEN]) from None
    return await _read(held, organiser, identity)


async def put_on_sale(held: Connection, organiser: UUID, event: NewEvent) -> None:
    """A new event, published at once."""
    identity = await store.add_event(held, organiser, event)
    await _tell(held, await _read(held, organiser, identity), ["published"])


async def change(held: Connection, owned: Owned, patch: Mapping[str, Any]) -> Owned:
    """Merge a patch into an event that is locked. Raises `Problem`."""
    before = EventFields.document(event_as_new(owned.event))
    request, faults = parse(EventFields, merged(before, patch))
    if "ticket_types" in patch:
        faults = [fault for fault in faults if fault.pointer != "/ticket_types"]
        faults.append(Fault("/ticket_types", "Change one at a time: PATCH …/ticket-types/{ticket type}."))
    if request is None or faults:
        raise invalid(faults)
    new = request.wanted()
    names = changed(before, EventFields.document(new))
    if not names:
        return owned
    try:
        await store.change_event(held, owned, new)
    except SlugTaken:
        raise invalid([TAKEN]) from None
    return await _after(held, owned, names)


async def publish(held: Connection, owned: Owned, published: bool) -> Owned:
    """Put an event that is locked on sale, or take it off; orders that are placed stand."""
    if owned.event.published == published:
        return owned
    await store.set_published(held, owned, published)
    return await _after(held, owned, ["published"])


async def add_ticket_type(held: Connection, owned: Owned, request: TicketTypeFields) -> tuple[Owned, TicketType]:
    """To an event that is locked. Raises `Problem`."""
    kinds = owned.event.ticket_types
    if len(kinds) >= MAX_TYPES:
        raise invalid([Fault("", f"An event has at most {MAX_TYPES} ticket types.")])
    slugs = {kind.slug for kind in kinds}
    if request.slug in slugs:
        raise invalid([TYPE_TAKEN])
    new = request.wanted(slugs)
    await store.add_owned_types(held, owned, [new])
    after = await _after(held, owned, ["ticket_types"])
    return after, _type_of(after, new.slug)


async def change_ticket_type(
    held: Connection, owned: Owned, ref: str, patch: Mapping[str, Any]
) -> tuple[Owned, TicketType]:
    """Merge a patch into a ticket type of an event that is locked. Raises `Problem`.

    Its row is locked before the capacity is judged: what is sold can't change in between.
    """
    kind = await store.lock_owned_type(held, owned, ref)
    if kind is None:
        raise not_found(NO_SUCH_TYPE)
    request, faults = parse(TicketTypeFields, merged(TicketTypeFields.document(type_as_new(kind)), patch))
    if request is None:
        raise invalid(faults)
    others = {other.slug for other in owned.event.ticket_types if other.id != kind.id}
    new = request.wanted(others)
    faults += [Fault(pointer, detail) for pointer, detail in faults_in_change(kind, new)]
    if new.slug in others:
        faults.append(TYPE_TAKEN)
    if faults:
        raise invalid(faults)
    if new == type_as_new(kind):
        return owned, kind
    await store.change_owned_type(held, owned, kind, new)
    after = await _after(held, owned, ["ticket_types"])
    return after, _type_of(after, new.slug)


async def _add_under_a_free_slug(held: Connection, organiser: UUID, event: NewEvent) -> UUID:
    for slug in candidates(event.slug):
        try:
            return await store.add_event(held, organiser, replace(event, slug=slug), published=False)
        except SlugTaken:
            continue
    raise AssertionError("candidates never end")


async def _after(held: Connection, before: Owned, names: Sequence[str]) -> Owned:
    """The event as the edit left it; told to the others where buyers see it, or saw it until now."""
    after = await _read(held, before.organiser, before.event.id)
    if before.event.published or after.event.published:
        await _tell(held, after, names)
    return after


async def _read(held: Connection, organiser: UUID, event: UUID) -> Owned:
    owned = await store.owned_event(held, organiser, str(event))
    assert owned  # noqa: S101 - it was written in this transaction
    return owned


async def _tell(held: Connection, owned: Owned, names: Sequence[str]) -> None:
    fact = reporting.event_changed(owned, names)
    try:
        await outbox.add(held, [fact])
    except Unsendable:
        raise invalid([Fault("", "The event is too large: shorten its texts, or those of its ticket types.")]) from None
    await announcing.announce_again(held, fact.key, fact.subject)


async def event_told(held: Connection, event: UUID) -> Message | None:
    """All there is to know of the event now, for who may have missed what changed."""
    owner = await store.organiser_of(held, event)
    owned = owner and await store.owned_event(held, owner, str(event))
    return reporting.event_changed(owned, []) if owned else None


def _type_of(owned: Owned, slug: str) -> TicketType:
    return next(kind for kind in owned.event.ticket_types if kind.slug == slug)
