"""The pages, wired: what `app.py` adds to the service."""

from aiohttp import web

from services.orders.access import Access
from services.orders.accounts.asking import Asking
from services.orders.accounts.seals import Seals
from services.orders.aftersales import AfterSales
from services.orders.browsing import Shelf
from services.orders.checkout import Checkout
from services.orders.downloading import Downloads
from services.orders.pages.account_pages import AccountPages
from services.orders.pages.aftersales_pages import AftersalesPages
from services.orders.pages.browsing_pages import BrowsingPages
from services.orders.pages.confirming_pages import ConfirmingPages
from services.orders.pages.opening import Opening
from services.orders.pages.ordering_pages import OrderingPages
from services.orders.pages.signing_pages import SigningPages
from services.orders.pages.site import Site
from services.orders.tokens import Tokens


def routes(
    site: Site,
    shelf: Shelf,
    checkout: Checkout,
    access: Access,
    aftersales: AfterSales,
    downloads: Downloads,
    asking: Asking,
    seals: Seals,
    public_url: str,
) -> list[web.RouteDef]:
    tokens: Tokens = access.tokens
    opening = Opening(access, tokens, asking, secure=public_url.startswith("https:"))
    confirming = ConfirmingPages(site, opening, downloads, tokens, aftersales)
    return [
        *site.assets.routes(),
        *BrowsingPages(site, shelf, checkout).routes(),
        *OrderingPages(site, shelf, checkout, opening).routes(),
        *SigningPages(site, asking, seals).routes(),
        *AccountPages(site, asking.doorway, asking.cookies, seals, opening).routes(),
        *confirming.routes(),
        *AftersalesPages(confirming).routes(),
    ]
