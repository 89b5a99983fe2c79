"""The pages to sign in at: asking for a link, looking into the mail, and the button that the link leads to.

The link itself changes nothing: a mail scanner that opens it does not use it up.
"""

from dataclasses import dataclass
from typing import Any

from aiohttp import web

from services.orders.accounts.asking import Asking
from services.orders.accounts.cookies import SIGN_IN
from services.orders.accounts.requests import SignInRequest
from services.orders.accounts.seals import FIELD, Seals
from services.orders.pages import policy
from services.orders.pages.forms import read_form
from services.orders.pages.readers import reader_of
from services.orders.pages.site import Site
from services.orders.pages.wording import signing
from services.orders.shapes import parse
from shared.web import Problem

STATUS = {"another browser": 403, "used": 410, "expired": 410}


@dataclass(frozen=True, slots=True)
class SigningPages:
    site: Site
    asking: Asking
    seals: Seals

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/sign-in", self.show),
            web.post("/sign-in", self.ask),
            web.get("/sign-in/check-mail", self.check_mail),
            web.get("/sign-in/{token}", self.confirm),
            web.post("/sign-in/{token}", self.enter),
        ]

    async def show(self, request: web.Request) -> web.Response:
        if await self.asking.whose(request):
            return self.site.see(reader_of(request).link("/account"))
        return self._form(request)

    async def ask(self, request: web.Request) -> web.Response:
        policy.refuse_strangers(request)
        reader = reader_of(request)
        email = dict(await read_form(request)).get("email", "").strip()
        wanted, _ = parse(SignInRequest, {"email": email, "locale": reader.language})
        words = signing.WORDS[reader.language]
        if wanted is None:
            return self._form(request, 422, email, words.no_address)
        response = self.site.see(reader.link("/sign-in/check-mail"))
        try:
            await self.asking.ask(request, response, wanted.email, wanted.locale)
        except Problem as problem:
            refused = self._form(request, problem.status, email, words.too_often)
            refused.headers.update(problem.headers)
            return refused
        return response

    async def check_mail(self, request: web.Request) -> web.Response:
        return self._page(request, 200, signing.WORDS[reader_of(request).language].check_mail, again=True)

    async def confirm(self, request: web.Request) -> web.Response:
        browser = self.asking.cookies.browser(request)
        standing = await self.asking.doorway.standing(request.match_info["token"], browser)
        words = signing.WORDS[reader_of(request).language]
        if standing == "good" and browser:
            return self._page(request, 200, words.confirm, seal=self.seals.of(browser))
        if await self.asking.whose(request):
            return self.site.see(reader_of(request).link("/account"))
        said = {"another browser": words.another_browser, "used": words.used}.get(standing, words.expired)
        return self._page(request, STATUS.get(standing, 410), said, again=True)

    async def enter(self, request: web.Request) -> web.Response:
        policy.refuse_strangers(request)
        cookies, token = self.asking.cookies, request.match_info["token"]
        browser = cookies.browser(request)
        if browser:
            self.seals.check(browser, dict(await read_form(request)).get(FIELD, ""))
        session = await self.asking.doorway.enter(token, browser, cookies.session(request))
        if session is None:
            return await self.confirm(request)
        response = self.site.see(reader_of(request).link("/account"))
        cookies.set_session(response, session)
        cookies.drop(response, SIGN_IN)
        return response

    def _form(self, request: web.Request, status: int = 200, email: str = "", fault: str = "") -> web.Response:
        words = signing.WORDS[reader_of(request).language]
        return self.site.private(request, "sign_in.html.j2", status=status, words=words, email=email, fault=fault)

    def _page(
        self, request: web.Request, status: int, said: tuple[str, str], *, seal: str = "", again: bool = False
    ) -> web.Response:
        """A heading and a sentence, with the button that signs in or the way to another link."""
        words = signing.WORDS[reader_of(request).language]
        told: dict[str, Any] = {"words": words, "said": said, "seal": seal, "again": again}
        return self.site.private(request, "signing.html.j2", status=status, **told)
