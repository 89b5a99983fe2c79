"""Forms as browsers send them."""

from urllib.parse import parse_qsl

from aiohttp import web

from shared.web import BODY_SECONDS, Problem, bytes_in_time

KIND = "application/x-www-form-urlencoded"
# An order names at most 20 lines, each with its attendees.
MAX_FIELDS = 2000

Pairs = list[tuple[str, str]]


async def read_form(request: web.Request, within: float = BODY_SECONDS) -> Pairs:
    """The fields in their order, those left empty too. Raises `Problem`."""
    if request.content_type != KIND or "Content-Encoding" in request.headers:
        raise Problem(415, "unsupported-media-type", "No form", f"Send the fields as {KIND}.")
    raw = await bytes_in_time(request, within, "The form did not come in time. Send it again.")
    try:
        return parse_qsl(raw.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
    except ValueError:
        raise Problem(400, "malformed", "Not a form", "Load the page again and send its form.") from None
