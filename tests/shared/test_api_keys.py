"""API keys: what opens a door, what doesn't, and for how long a door remembers."""

from dataclasses import dataclass, field
from uuid import UUID

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from shared.api_keys import FRESH_SECONDS, KEPT, Caller, Doorkeeper, Right, hash_of, is_key, new_key, shown
from shared.identifiers import uuid7
from shared.web import Problem


@dataclass(slots=True)
class Register:
    """Keys by hash, how often they were looked up, and a clock of our own."""

    callers: dict[bytes, Caller] = field(default_factory=dict)
    looks: int = 0
    now: float = 0.0

    def admit(self, *rights: Right) -> str:
        key = new_key()
        self.callers[hash_of(key)] = Caller(uuid7(), "Lakeside", uuid7(), frozenset(rights))
        return key

    async def lookup(self, digest: bytes) -> Caller | None:
        self.looks += 1
        return self.callers.get(digest)


@pytest.fixture
def register() -> Register:
    return Register()


@pytest.fixture
def door(register: Register) -> Doorkeeper:
    return Doorkeeper(register.lookup, clock=lambda: register.now)


def with_key(key: str, scheme: str = "Bearer") -> web.Request:
    return make_mocked_request("GET", "/v1/events", headers={"Authorization": f"{scheme} {key}"})


async def refused(door: Doorkeeper, request: web.Request, right: Right = "read") -> tuple[int, str]:
    with pytest.raises(Problem) as caught:
        await door.caller(request, right)
    return caught.value.status, caught.value.slug


def test_a_key_has_256_random_bits_and_is_never_an_access_token() -> None:
    keys = {new_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(is_key(key) and len(key) == 46 for key in keys)
    assert not is_key("bo_" + "x" * 40), "an access token has 43 characters"
    assert all(key.startswith(shown(key)) and len(shown(key)) == 11 for key in keys)


async def test_a_good_key_opens_what_it_has_the_right_to(register: Register, door: Doorkeeper) -> None:
    key = register.admit("read")
    caller = await door.caller(with_key(key), "read")
    assert caller == register.callers[hash_of(key)]
    assert isinstance(caller.id, UUID)
    assert await door.caller(with_key(key, "bearer"), "read") == caller
    assert await refused(door, with_key(key), "write") == (403, "forbidden")


async def test_anything_else_is_unauthorized(register: Register, door: Doorkeeper) -> None:
    key = register.admit("read")
    for request in (
        make_mocked_request("GET", "/"),
        with_key(""),
        with_key("bo_"),
        with_key(new_key()),
        with_key(key + "x"),
        with_key(key, "Basic"),
    ):
        assert await refused(door, request) == (401, "unauthorized")


async def test_a_bad_key_is_refused_also_where_none_is_needed(register: Register, door: Doorkeeper) -> None:
    assert await door.caller_if_any(make_mocked_request("GET", "/"), "read") is None
    assert await door.caller_if_any(with_key("an-access-token"), "read") is None
    assert await door.caller_if_any(with_key(register.admit("read")), "read") is not None
    with pytest.raises(Problem):
        await door.caller_if_any(with_key("bo_nonsense"), "read")


async def test_a_revoked_key_is_refused_within_a_second(register: Register, door: Doorkeeper) -> None:
    request = with_key(register.admit("read"))
    await door.caller(request, "read")
    await door.caller(request, "read")
    assert register.looks == 1
    register.callers.clear()
    register.now += FRESH_SECONDS
    assert await refused(door, request) == (401, "unauthorized")


async def test_a_new_key_opens_at_once_though_it_was_refused_before(register: Register, door: Doorkeeper) -> None:
    key = new_key()
    await refused(door, with_key(key))
    register.callers[hash_of(key)] = Caller(uuid7(), "Lakeside", uuid7(), frozenset({"read"}))
    assert await door.caller(with_key(key), "read")


async def test_a_door_remembers_only_so_many(register: Register, door: Doorkeeper) -> None:
    first = register.admit("read")
    for key in [first, *(register.admit("read") for _ in range(KEPT)), first]:
        await door.caller(with_key(key), "read")
    assert register.looks == KEPT + 2
