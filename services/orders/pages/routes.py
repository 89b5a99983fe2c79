"""The pages, wired: what `app.py` adds to the service."""

from aiohttp import web

from services.orders.browsing import Shelf
from services.orders.pages.browsing_pages import BrowsingPages
from services.orders.pages.site import Site


def routes(site: Site, shelf: Shelf) -> list[web.RouteDef]:
    return [*site.assets.routes(), *BrowsingPages(site, shelf).routes()]
