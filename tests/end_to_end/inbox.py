"""The inbox as a program reads it, by the HTTP API it shares with Mailpit."""

from collections.abc import Iterable
from typing import Any

import aiohttp

from tests.servers.waiting import eventually

Json = dict[str, Any]
PAGE = 500


class Inbox:
    """`address` is where its HTTP API answers."""

    def __init__(self, http: aiohttp.ClientSession, address: str) -> None:
        self._http = http
        self._address = address

    async def mails(self) -> list[Json]:
        """Every mail's summary, newest first."""
        found: list[Json] = []
        while True:
            page = await self._get(f"messages?start={len(found)}&limit={PAGE}")
            found += page["messages"]
            if len(found) >= page["total"]:
                return found

    async def mails_to(self, addresses: Iterable[str]) -> list[Json]:
        """The summaries of those to one of these addresses."""
        wanted = set(addresses)
        return [mail for mail in await self.mails() if wanted & {to["Address"] for to in mail["To"]}]

    async def the_mail_to(self, address: str, within: float = 30.0) -> Json:
        """The one mail to this address, whole, once it is there."""

        async def arrived() -> list[Json]:
            return await self.mails_to([address])

        (summary,) = await eventually(arrived, within)
        return await self.whole(summary)

    async def whole(self, summary: Json) -> Json:
        return await self._get(f"message/{summary['ID']}")

    async def mail(self, identity: str) -> Json:
        return await self._get(f"message/{identity}")

    async def attachment(self, mail: Json) -> bytes:
        """The only attachment of a mail."""
        (part,) = mail["Attachments"]
        assert part["ContentType"] == "application/pdf"
        async with self._http.get(
            f"{self._address}/api/v1/message/{mail['ID']}/part/{part['PartID']}", raise_for_status=True
        ) as response:
            return await response.read()

    async def _get(self, path: str) -> Json:
        async with self._http.get(f"{self._address}/api/v1/{path}", raise_for_status=True) as response:
            answer: Json = await response.json()
            return answer
