"""An order's tickets as a file."""

from dataclasses import dataclass

from aiohttp import web

from services.orders.aftersales import AfterSales, not_ready, withheld
from services.orders.store import StoredOrder
from shared.object_store import NoSuchFile, ObjectStore, StoreUnavailable
from shared.web import overloaded

PRIVATE = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Downloads:
    """A file that the store has lost is made again, as it was."""

    objects: ObjectStore
    aftersales: AfterSales

    async def tickets(self, order: StoredOrder) -> web.Response:
        """The PDF. Raises `Problem` while there is none."""
        if problem := withheld(order.fulfilment):
            raise problem
        try:
            content = await self.objects.get(order.pdf_key or "")
        except NoSuchFile:
            await self.aftersales.file_lost(order)
            raise not_ready("The file of these tickets is being made again. Try again in a moment.", 5) from None
        except StoreUnavailable as error:
            raise overloaded("The tickets can't be fetched right now. Try again in a moment.") from error
        headers = PRIVATE | {"Content-Disposition": f'inline; filename="{order.number}.pdf"'}
        return web.Response(body=content, content_type="application/pdf", headers=headers)
