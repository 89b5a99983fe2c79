"""`boxoffice up` on a fresh folder: it shows a bought ticket, ends by Ctrl-C with nothing left, and starts again."""

import re
import shlex

import aiohttp

from tests.end_to_end.buying import an_order, place, status_of
from tests.end_to_end.conftest import clients
from tests.end_to_end.inbox import Json
from tests.end_to_end.installation import Installation
from tests.end_to_end.pdfs import pages_of
from tests.end_to_end.processes import running, using

NUMBER = r"[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}"


async def test_it_buys_two_tickets_serves_stops_and_starts_with_everything_there(installation: Installation) -> None:
    await installation.start()
    async with clients(installation) as (http, inbox):
        (shown,) = await inbox.mails()
        (number,) = set(re.findall(NUMBER, installation.output))
        mail = await inbox.the_mail_to(shown["To"][0]["Address"])
        assert number in mail["Text"]
        assert re.search(rf"{number}: confirmed in \d+ ms, mail in the inbox in \d+ ms", installation.output)
        assert len(pages_of(await inbox.attachment(mail))) == 2
        answer = await pasted(http, installation.output)
        await inbox.the_mail_to(answer["buyer"]["email"])
        placed = await place(http, an_order("Ada Lovelace"))
        await inbox.the_mail_to(placed.email)

    await ends_with_nothing_left(installation)

    await installation.start()
    async with clients(installation) as (http, inbox):
        assert (await status_of(http, placed))["fulfilment"] == {"tickets": "issued", "email": "sent"}
        assert len(await inbox.mails()) == 3
        again = await place(http, an_order("Charles Babbage"))
        await inbox.the_mail_to(again.email)
    await ends_with_nothing_left(installation)


async def ends_with_nothing_left(installation: Installation) -> None:
    """By Ctrl-C, in the order of things: neither what it had started nor anything else on its data is left."""
    started = {process.pid for process in installation.processes()}
    assert len(started) > 5
    assert await installation.interrupt() == 0
    assert [process for process in running() if process.pid in started] == []
    assert using(installation.data) == []


async def pasted(http: aiohttp.ClientSession, output: str) -> Json:
    """What the `curl` on the screen brings when someone pastes it, continued lines and all."""
    (command,) = re.findall(r"curl (?:[^\n]*\\\n)*[^\n]*", output)
    words = shlex.split(command.replace("\\\n", " "))
    (url,) = (word for word in words if word.startswith("http://"))
    (body,) = (word for word in words if word.startswith("{"))
    async with http.post(
        url, data=body, headers={"Content-Type": "application/json"}, raise_for_status=True
    ) as response:
        answer: Json = await response.json()
        return answer
