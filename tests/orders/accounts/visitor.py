"""A browser without a window: cookies that it keeps and sends back, forms of the pages it is on."""

import re
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import Any

import aiohttp

SESSION, SIGN_IN = "__Host-boxoffice_session", "__Host-boxoffice_sign_in"
BROWSER = {"Accept": "text/html", "Accept-Language": "en"}


@dataclass(frozen=True, slots=True)
class Page:
    status: int
    text: str
    headers: Any

    @property
    def seal(self) -> str:
        found = re.search(r'name="seal" value="([^"]+)"', self.text)
        assert found
        return found[1]


@dataclass(slots=True)
class Visitor:
    """Keeps cookies as they are, whatever the scheme; follows no redirect."""

    client: aiohttp.ClientSession
    cookies: dict[str, str] = field(default_factory=dict)

    async def get(self, path: str, **headers: str) -> Page:
        return await self._ask("GET", path, headers)

    async def send(self, path: str, form: dict[str, str], **headers: str) -> Page:
        return await self._ask("POST", path, {"Sec-Fetch-Site": "same-origin"} | headers, data=form)

    async def sign_in(self, link: str) -> Page:
        """Open the link and press its button."""
        path = path_of(link)
        return await self.send(path, {"seal": (await self.get(path)).seal})

    async def address(self) -> str | None:
        """Who this browser is signed in as, by its account's page."""
        page = await self.get("/account")
        found = re.search(r'<bdi dir="ltr">([^<]+@[^<]+)</bdi>', page.text)
        return found[1] if page.status == 200 and found else None

    async def _ask(self, method: str, path: str, headers: dict[str, str], **more: Any) -> Page:
        cookies = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        told = BROWSER | (cookies if self.cookies else {}) | headers
        async with self.client.request(method, path, headers=told, allow_redirects=False, **more) as response:
            for line in response.headers.getall("Set-Cookie", []):
                self._keep(line)
            return Page(response.status, await response.text(), response.headers)

    def _keep(self, line: str) -> None:
        for name, morsel in SimpleCookie(line).items():
            if morsel["max-age"] == "0":
                self.cookies.pop(name, None)
            else:
                self.cookies[name] = morsel.value


def path_of(link: str) -> str:
    return "/sign-in/" + link.rpartition("/")[2]
