"""The pages, wired: what `app.py` adds to the service."""

from aiohttp import web

from services.orders.access import Access
from services.orders.browsing import Shelf
from services.orders.checkout import Checkout
from services.orders.downloading import Downloads
from services.orders.pages.browsing_pages import BrowsingPages
from services.orders.pages.confirming_pages import ConfirmingPages
from services.orders.pages.opening import Opening
from services.orders.pages.ordering_pages import OrderingPages
from services.orders.pages.site import Site
from services.orders.tokens import Tokens


def routes(
    site: Site, shelf: Shelf, checkout: Checkout, access: Access, downloads: Downloads, public_url: str
) -> list[web.RouteDef]:
    tokens: Tokens = access.tokens
    opening = Opening(access, tokens, secure=public_url.startswith("https:"))
    return [
        *site.assets.routes(),
        *BrowsingPages(site, shelf).routes(),
        *OrderingPages(site, shelf, checkout, opening).routes(),
        *ConfirmingPages(site, shelf, opening, downloads, tokens).routes(),
    ]
