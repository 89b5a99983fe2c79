"""What a browser may do with our pages, and whose forms we take."""

from urllib.parse import urlsplit

from aiohttp import web

from shared.web import forbidden

NO_GUESSING = {"X-Content-Type-Options": "nosniff"}

# Everything comes from us, in files of its own: no inline script or style, no frame, no other host. The referrer stays
# among our pages (`no-referrer` would take the Origin from forms, by which `refuse_strangers` knows them).
PAGE = {
    **NO_GUESSING,
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
PRIVATE = {"Cache-Control": "private, no-store"}


def refuse_strangers(request: web.Request) -> None:
    """Take a form only from a page of ours, as browsers tell it. Raises `Problem`.

    `Sec-Fetch-Site` where it is sent (over TLS and on localhost), else the origin's host. What sends neither is no
    browser of this decade, and has no cookie of ours that another site could use: they are `SameSite=Lax`.
    """
    site, origin = request.headers.get("Sec-Fetch-Site"), request.headers.get("Origin")
    ours = site in ("same-origin", "none") if site else origin is None or urlsplit(origin).netloc == request.host
    if not ours:
        raise forbidden("This form is another site's. Open the page here and send its form.")
