"""An order's tickets as a file."""

from dataclasses import dataclass

from aiohttp import web

from services.orders.store import StoredOrder
from shared.object_store import NoSuchFile, ObjectStore, StoreUnavailable
from shared.web import Problem, overloaded

PRIVATE = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Downloads:
    objects: ObjectStore

    async def tickets(self, order: StoredOrder) -> web.Response:
        """The PDF. Raises `Problem` while there is none."""
        if order.pdf_key is None:
            raise _not_ready(order.fulfilment.tickets == "failed")
        try:
            content = await self.objects.get(order.pdf_key)
        except (NoSuchFile, StoreUnavailable) as error:
            raise overloaded("The tickets can't be fetched right now. Try again in a moment.") from error
        headers = PRIVATE | {"Content-Disposition": f'inline; filename="{order.number}.pdf"'}
        return web.Response(body=content, content_type="application/pdf", headers=headers)


def _not_ready(failed: bool) -> Problem:
    detail, wait = "The tickets are still being made. Try again in a moment.", "1"
    if failed:
        detail, wait = "The tickets could not be made yet. We have been told: there is no need to order again.", "600"
    return Problem(409, "not-ready", "Tickets not ready", detail, headers={"Retry-After": wait})
