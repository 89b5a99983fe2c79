"""A Chromium on this machine, driven by playwright; installed when that is for us to do."""

from contextlib import AsyncExitStack

from playwright.async_api import Browser, async_playwright

from tests.servers.choosing import NotHere
from tests.servers.programs import find_program, install_package

PACKAGE = "chromium"
NAMES = ("chromium", "chromium-browser", "google-chrome")


async def program() -> str:
    """The browser's path. Raises `NotHere`, `NoServer`."""
    for name in NAMES:
        try:
            return find_program(name)
        except NotHere:
            continue
    await install_package(PACKAGE)
    return find_program(PACKAGE)


async def start(parts: AsyncExitStack) -> Browser:
    """Ended with `parts`. Its own sandbox can't be had as root, and looks at nothing but our pages."""
    playwright = await parts.enter_async_context(async_playwright())
    browser = await playwright.chromium.launch(executable_path=await program(), args=["--no-sandbox"])
    parts.push_async_callback(browser.close)
    return browser
