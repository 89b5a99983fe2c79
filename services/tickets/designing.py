"""Which design an order's tickets have, and where they are kept."""

from uuid import UUID

from services.tickets.worker import Design
from shared.flags import Flags, about
from shared.flags.declared import NEW_TICKET_DESIGN
from shared.messages import OrderPlaced


def design_for(flags: Flags, placed: OrderPlaced) -> Design:
    """The same whenever it is asked, while nobody changes the flag: a percentage sticks to the order."""
    event = placed.event
    context = about(
        key=placed.number, event=event.id, event_slug=event.slug, organiser=event.organiser, locale=placed.locale
    )
    return "banner" if flags.now().on(NEW_TICKET_DESIGN, context) else "stub"


def design_of(key: str) -> Design:
    """The design of what is stored under this key."""
    return "banner" if "-banner" in key.rpartition("/")[2] else "stub"


def store_key(placed: OrderPlaced, design: Design) -> str:
    """Another one for another design: of two deliveries of one message, with the flag changed between, neither may
    write its bytes over those that the other has reported the hash of."""
    name = placed.number if design == "stub" else f"{placed.number}-{design}"
    return f"tickets/{UUID(placed.event.id)}/{name}.pdf"
