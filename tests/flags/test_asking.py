"""What the code is told, and when it is told something else."""

import asyncpg
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from shared.flags import about
from shared.flags.declared import Flag
from shared.flags.rules import Rule, Setting
from shared.settings import BadSettings, Settings, load
from tests.flags.conftest import Open, Set
from tests.servers.waiting import eventually

A_FLAG = Flag("a-flag", default=False, owner="test", description="")
DEFAULT_ON = Flag("another", default=True, owner="test", description="")
ON, OFF = Setting(True, (Rule(),)), Setting(False, (Rule(),))
EVERYTHING_IS_PAUSED = Flag("orders-paused", default=False, owner="orders", description="")


async def test_a_flag_that_is_not_set_is_as_the_code_says(migrated_url: str, open_them: Open) -> None:
    now = (await open_them(migrated_url)).now()
    assert (now.on(A_FLAG), now.on(DEFAULT_ON)) == (False, True)


async def test_what_is_set_holds_from_the_first_question(migrated_url: str, set_flag: Set, open_them: Open) -> None:
    await set_flag("a-flag", Setting(True, (Rule(event="gala", message="back at noon"),)))
    await set_flag("another", OFF)
    now = (await open_them(migrated_url)).now()
    told = now.verdict(A_FLAG, about(event="0190", event_slug="gala"))
    assert (told.on, told.message) == (True, "back at noon")
    other = now.verdict(A_FLAG, about(event_slug="fair"))
    assert (other.on, other.message) == (False, "")
    assert not now.on(DEFAULT_ON)


async def test_a_request_is_told_the_same_to_its_end(migrated_url: str, set_flag: Set, open_them: Open) -> None:
    flags = await open_them(migrated_url)
    early, late = make_mocked_request("GET", "/"), make_mocked_request("GET", "/")

    async def told(request: web.Request) -> tuple[bool, bool]:
        asked = await flags.of(request)
        return asked.on(A_FLAG), asked.on(DEFAULT_ON, about(locale="de"))

    assert await told(early) == (False, True)
    await set_flag("a-flag", ON)
    await set_flag("another", Setting(False, (Rule(locale="de"),)))

    async def turned() -> bool:
        now = flags.now()
        return now.on(A_FLAG) and not now.on(DEFAULT_ON, about(locale="de"))

    await eventually(turned)
    assert (await told(early), await told(late)) == ((False, True), (True, False))


async def test_what_a_flag_says_of_some_is_not_remembered_for_others(
    migrated_url: str, set_flag: Set, open_them: Open
) -> None:
    await set_flag("a-flag", Setting(True, (Rule(event="gala"),)))
    now = (await open_them(migrated_url)).now()
    asked = [now.on(A_FLAG, about(event_slug=slug)) for slug in ("gala", "fair", "gala")]
    assert asked == [True, False, True]


async def test_unset_brings_the_default_back(migrated_url: str, set_flag: Set, open_them: Open) -> None:
    await set_flag("another", OFF)
    flags = await open_them(migrated_url)
    assert not flags.now().on(DEFAULT_ON)
    await set_flag("another", None)

    async def is_on() -> bool:
        return flags.now().on(DEFAULT_ON)

    await eventually(is_on)


async def test_a_requests_headers_are_known_without_the_secret_ones(
    migrated_url: str, set_flag: Set, open_them: Open
) -> None:
    headers = {"X-Preview": "yes", "Authorization": "Bearer x", "Cookie": "a=b"}
    await set_flag("a-flag", Setting(True, (Rule(header="x-preview: yes"),)))
    await set_flag("another", Setting(False, (Rule(header="authorization"), Rule(header="cookie"))))
    flags = await open_them(migrated_url)
    asked = await flags.of(make_mocked_request("GET", "/", headers=headers))
    assert asked.on(A_FLAG)
    assert asked.on(DEFAULT_ON), "nobody is told apart by a secret"
    assert not (await flags.of(make_mocked_request("GET", "/"))).on(A_FLAG)
    assert not flags.now().on(A_FLAG), "nobody asks"


async def test_who_has_signed_in_is_found_out_only_where_a_flag_goes_by_it(
    migrated_url: str, set_flag: Set, open_them: Open
) -> None:
    looked = []

    async def whose(request: web.Request) -> str | None:
        looked.append(request)
        return "ada@example.org" if request.path == "/ada" else None

    ada, nobody = make_mocked_request("GET", "/ada"), make_mocked_request("GET", "/")
    await set_flag("another", Setting(False, (Rule(header="x-preview"),)))
    flags = await open_them(migrated_url, whose)
    assert (await flags.of(make_mocked_request("GET", "/ada"))).on(DEFAULT_ON)
    assert not looked
    await set_flag("a-flag", Setting(True, (Rule(address="@example.org"),)))

    async def followed() -> bool:
        return (await flags.of(make_mocked_request("GET", "/ada"))).on(A_FLAG)

    await eventually(followed)
    assert not (await flags.of(nobody)).on(A_FLAG)
    looked.clear()
    assert [(await flags.of(ada)).on(A_FLAG) for _ in range(3)] == [True] * 3
    assert looked == [ada], "once a request"


async def test_a_setting_of_a_newer_version_counts_as_not_set(
    migrated_url: str, set_flag: Set, open_them: Open
) -> None:
    await set_flag("another", OFF)
    await set_flag("a-flag", ON)
    connection = await asyncpg.connect(migrated_url)
    newer = '{"on": true, "rules": [{"planet": "mars"}]}'
    await connection.execute("UPDATE flags.settings SET setting = $1 WHERE name = 'a-flag'", newer)
    await connection.close()
    now = (await open_them(migrated_url)).now()
    assert (now.on(A_FLAG), now.on(DEFAULT_ON)) == (False, False)


async def test_another_provider_can_be_put_in(migrated_url: str, open_them: Open) -> None:
    flags = await open_them(migrated_url, FLAGS_PROVIDER="tests.flags.other:make")
    now = flags.now()
    assert now.on(EVERYTHING_IS_PAUSED)
    assert not now.on(A_FLAG)


async def test_a_provider_that_does_not_come_up_leaves_the_defaults(migrated_url: str, open_them: Open) -> None:
    now = (await open_them(migrated_url, FLAGS_PROVIDER="tests.flags.other:Broken")).now()
    assert (now.on(A_FLAG), now.on(DEFAULT_ON)) == (False, True)


@pytest.mark.parametrize("named", ["no_such.module:make", "json:no_such_thing", "json:JSONDecodeError"])
async def test_what_gives_no_provider_stops_the_start_by_its_name(
    migrated_url: str, open_them: Open, named: str
) -> None:
    with pytest.raises(BadSettings, match=f"FLAGS_PROVIDER: {named} gives no provider"):
        await open_them(migrated_url, FLAGS_PROVIDER=named)


def test_a_provider_must_be_named_as_module_and_factory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLAGS_PROVIDER", "nonsense")
    with pytest.raises(BadSettings, match="FLAGS_PROVIDER: must be module:factory"):
        load(Settings)
