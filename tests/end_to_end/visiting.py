"""A person at our pages: a browser's window, the keyboard, and what the page complains of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from playwright.async_api import Browser, Locator, Page

PHONE, DESKTOP = 375, 1280
HEIGHT = 900
# More stops than any page has.
MOST_TABS = 120


@dataclass(slots=True)
class Visit:
    """A window of its own, with nothing remembered; `complaints` is what the console and the page's policy said."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    async def tab_to(self, target: Locator) -> None:
        """Press Tab until the target has the focus, as who has no mouse does."""
        for _ in range(MOST_TABS):
            await self.page.keyboard.press("Tab")
            if await target.evaluate("element => element === document.activeElement"):
                return
        raise AssertionError(f"no way by keyboard to {target}")

    async def type_into(self, label: str, text: str) -> None:
        await self.tab_to(self.page.get_by_label(label, exact=True))
        await self.page.keyboard.type(text)


@asynccontextmanager
async def visiting(browser: Browser, base: str, width: int = DESKTOP, **more: Any) -> AsyncIterator[Visit]:
    context = await browser.new_context(base_url=base, viewport={"width": width, "height": HEIGHT}, **more)
    visit = Visit(await context.new_page())
    visit.page.on("console", lambda said: visit.complaints.append(said.text))
    visit.page.on("pageerror", lambda error: visit.complaints.append(str(error)))
    try:
        yield visit
    finally:
        await context.close()
