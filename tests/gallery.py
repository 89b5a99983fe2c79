"""Pictures of our pages for docs/gallery/: `make gallery`. Look at them afterwards: no test sees what is ugly."""

import asyncio
import io
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
from PIL import Image
from playwright.async_api import Browser, Page, expect

from tests.end_to_end.buying import Placed, an_order, place
from tests.end_to_end.installation import Installation
from tests.end_to_end.visiting import DESKTOP, PHONE, visiting
from tests.servers import browser as chromium

FOLDER = Path(__file__).parent.parent / "docs" / "gallery"
LARGEST_BYTES, COLOURS = 200_000, (256, 128, 64, 32)
TALLEST = 1500
EVENT, RIGHT_TO_LEFT = "/events/europython-2027", "/events/layali-al-nil"
SOON = 60_000
# What the demo events are written in, beside Latin: without them the pictures show boxes.
SCRIPTS = {"ja": "fonts-noto-cjk", "ar": "fonts-noto-core", "hi": "fonts-noto-core"}


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture, by what a person does to see it. `whole`: all of the page, not what a screen shows at once."""

    name: str
    show: Callable[[Page, Placed], Awaitable[None]]
    width: int = DESKTOP
    scheme: str = "light"
    scripts: bool = True
    whole: bool = False


async def list_of_events(page: Page, _: Placed) -> None:
    await page.goto("/")


async def event(page: Page, _: Placed) -> None:
    await page.goto(EVENT)
    await page.get_by_role("button", name="One more: General").click(click_count=2)
    await page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")


async def arabic(page: Page, _: Placed) -> None:
    await page.goto(f"{RIGHT_TO_LEFT}?lang=ar")


async def faults(page: Page, _: Placed) -> None:
    await page.goto(EVENT)
    await page.get_by_label("E-mail").fill("ada@example")
    await page.get_by_role("button", name="Place the order").click()
    await expect(page.locator("#told")).to_be_visible()


async def review(page: Page, _: Placed) -> None:
    await page.goto(EVENT)
    await page.get_by_role("spinbutton", name="How many: General").fill("2")
    await page.get_by_label("Name", exact=True).fill("Ada Lovelace")
    await page.get_by_label("E-mail").fill("ada@example.org")
    await page.get_by_role("button", name="Continue").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Check your order")


async def confirmation(page: Page, placed: Placed) -> None:
    await page.goto(f"/orders/{placed.number}#{placed.token}")
    await expect(page.get_by_text("Mail sent to ")).to_be_visible(timeout=SOON)


async def second_look(page: Page, placed: Placed) -> None:
    await confirmation(page, placed)
    await page.get_by_role("link", name="Cancel the order").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Cancel this order?")


async def locked(page: Page, placed: Placed) -> None:
    await page.goto(f"/orders/{placed.number}")


async def lost(page: Page, _: Placed) -> None:
    await page.goto("/no-such-page")


LIST, AN_EVENT = Shot("list", list_of_events), Shot("event", event)
CONFIRMATION = Shot("confirmation", confirmation)
SHOTS = (
    LIST,
    replace(LIST, name="list-dark", scheme="dark"),
    replace(LIST, name="list-phone", width=PHONE),
    AN_EVENT,
    replace(AN_EVENT, name="event-dark", scheme="dark"),
    replace(AN_EVENT, name="event-phone", width=PHONE, whole=True),
    Shot("event-arabic-phone", arabic, PHONE, whole=True),
    Shot("faults-phone", faults, PHONE, whole=True),
    Shot("review-phone", review, PHONE, scripts=False, whole=True),
    CONFIRMATION,
    replace(CONFIRMATION, name="confirmation-phone-dark", width=PHONE, scheme="dark", whole=True),
    Shot("cancel-phone", second_look, PHONE, whole=True),
    Shot("locked-phone", locked, PHONE),
    Shot("lost-phone-dark", lost, PHONE, "dark"),
)


def main() -> None:
    for missing in sorted({package for language, package in SCRIPTS.items() if not _has_font(language)}):
        print(f"Fonts are missing here, the pictures will have boxes: apt-get install -y {missing}", file=sys.stderr)
    asyncio.run(take_all())


async def take_all() -> None:
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        shop = Installation(Path(folder) / "data")
        try:
            await shop.start()
            async with AsyncExitStack() as parts, aiohttp.ClientSession(shop.orders) as http:
                browser = await chromium.start(parts)
                placed = await place(http, an_order("Ada Lovelace", "Charles Babbage", email="ada@example.org"))
                for shot in SHOTS:
                    picture = small(await take(browser, shop.orders, shot, placed))
                    (FOLDER / f"{shot.name}.png").write_bytes(picture)
                    print(f"{shot.name}.png  {len(picture) / 1000:.0f} KB")
        finally:
            await shop.end()


async def take(browser: Browser, base: str, shot: Shot, placed: Placed) -> bytes:
    scale = 2 if shot.width == PHONE else 1
    look = {"color_scheme": shot.scheme, "reduced_motion": "reduce", "device_scale_factor": scale}
    async with visiting(browser, base, shot.width, locale="en-GB", java_script_enabled=shot.scripts, **look) as visit:
        await shot.show(visit.page, placed)
        height = await visit.page.evaluate("document.documentElement.scrollHeight") if shot.whole else 0
        if height:
            await visit.page.set_viewport_size({"width": shot.width, "height": min(height, TALLEST)})
        return await visit.page.screenshot(animations="disabled")


def small(png: bytes) -> bytes:
    """With as many colours as go into the bytes that a picture may have."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    for colours in COLOURS:
        packed = io.BytesIO()
        picture.quantize(colours, dither=Image.Dither.NONE).save(packed, "PNG", optimize=True)
        if packed.tell() <= LARGEST_BYTES:
            return packed.getvalue()
    raise ValueError(f"a picture of {packed.tell()} bytes: show less")


def _has_font(language: str) -> bool:
    if shutil.which("fc-list") is None:
        return False
    found = subprocess.run(["fc-list", f":lang={language}"], capture_output=True, check=True)
    return bool(found.stdout)


if __name__ == "__main__":
    main()
