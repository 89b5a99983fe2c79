"""The pages for everyone: what is on, and an event with its order form."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache

from aiohttp import web

from services.orders import caching
from services.orders.browsing import Listing, Shelf
from services.orders.catalogue import Event
from services.orders.checkout import Checkout, paused
from services.orders.pages.offers import offer
from services.orders.pages.ordering_pages import form_told
from services.orders.pages.readers import Reader, reader_of
from services.orders.pages.site import Site
from services.orders.pages.wording import events
from services.orders.paging import wanted_page
from services.orders.showing import each_shown
from shared.flags import Verdict
from shared.prepared import Prepared
from shared.web import not_found

# Readings of an event times languages. A reading is of one second, so this is seconds' worth.
PAGES_KEPT = 300


class BrowsingPages:
    """Each page is made once a reading and language, however many ask (see `Shelf`)."""

    def __init__(self, site: Site, shelf: Shelf, checkout: Checkout) -> None:
        self._site = site
        self._shelf = shelf
        self._checkout = checkout
        self._list_page = lru_cache(maxsize=PAGES_KEPT)(self._make_list_page)
        self._event_page = lru_cache(maxsize=PAGES_KEPT)(self._make_event_page)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/", self.list_events), web.get("/events/{event}", self.show_event)]

    async def list_events(self, request: web.Request) -> web.Response:
        listing = await self._shelf.listing(replace(wanted_page(request.query), coming=True))
        page = self._list_page(listing, reader_of(request), "cursor" in request.query)
        return self._site.public(request, page, caching.EVENTS)

    async def show_event(self, request: web.Request) -> web.Response:
        event = await self._shelf.event(request.match_info["event"])
        if event is None or not event.published:
            raise not_found(headers=caching.absent(request))
        reader, flags = reader_of(request), self._checkout.flags
        # What caches hold is the same for all who see it: only who says who they are reads what is so for them alone.
        asked = await flags.of(request) if caching.personal(request) else flags.now()
        page = self._event_page(event, reader, paused(event, reader.language, asked))
        return self._site.public(request, page, caching.event_key(event.id))

    def _make_list_page(self, listing: Listing, reader: Reader, later: bool) -> Prepared:
        now = datetime.now(UTC)
        offers = each_shown(listing.events, lambda event: offer(event, reader, now), lambda event: event.id)
        words = events.WORDS[reader.language]
        return self._site.prepared(
            "events.html.j2", reader, "/", words=words, offers=offers, next=listing.next, later=later
        )

    def _make_event_page(self, event: Event, reader: Reader, pause: Verdict) -> Prepared:
        told = form_told(event, reader, pause=pause)
        return self._site.prepared("event.html.j2", reader, f"/events/{event.slug}", **told)
