"""Organisers and their API keys: made, revoked, and told to the services that keep a copy."""

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import UUID

from services.orders import store
from services.orders.store import ApiKey, announcing
from shared import messages, outbox
from shared.api_keys import RIGHTS, Caller, Doorkeeper, Right, hash_of, new_key, shown
from shared.bus import Message
from shared.database import Connection, Pool, connection
from shared.identifiers import uuid7


class NoSuchKey(Exception):
    """Nothing, or more than one key, is meant by that."""


@dataclass(frozen=True, slots=True)
class NewKey:
    """The only time the key itself is seen."""

    id: UUID
    key: str = field(repr=False)


def doorkeeper(pool: "Pool[Any]") -> Doorkeeper:
    return Doorkeeper(partial(_caller, pool))


async def make_key(held: Connection, organiser: str, rights: Collection[Right] = RIGHTS) -> NewKey:
    """A new key for the organiser of this name, who is added when new. Give a connection inside a transaction."""
    made = NewKey(uuid7(), new_key())
    identity = await store.add_organiser(held, organiser)
    chosen = tuple(right for right in RIGHTS if right in rights)
    await store.add_key(held, made.id, identity, hash_of(made.key), shown(made.key), chosen)
    await _tell(held, made.id, hash_of(made.key), messages.Organiser(str(identity), organiser), chosen, revoked=False)
    return made


async def revoke_key(held: Connection, ref: str) -> ApiKey:
    """By id, or by its first characters. Raises `NoSuchKey`. Give a connection inside a transaction."""
    found = await store.lock_keys(held, ref)
    if len(found) != 1:
        raise NoSuchKey(f"{len(found)} keys begin with {ref}: give the id" if found else f"no key has the id {ref}")
    (key,) = found
    if key.revoked_at is None:
        await store.revoke_key(held, key.id)
        owner = messages.Organiser(str(key.organiser_id), key.organiser)
        await _tell(held, key.id, key.hash, owner, key.rights, revoked=True)
    return key


async def _caller(pool: "Pool[Any]", digest: bytes) -> Caller | None:
    async with connection(pool) as held:
        return await store.caller(held, digest)


async def key_told(held: Connection, identity: str) -> Message | None:
    """All there is to know of a key now, for who may have missed that it was made or revoked."""
    key = await store.key_by_id(held, UUID(identity))
    if key is None:
        return None
    owner = messages.Organiser(str(key.organiser_id), key.organiser)
    return _message(key.id, key.hash, owner, key.rights, revoked=key.revoked_at is not None)


async def _tell(
    held: Connection, key: UUID, digest: bytes, owner: messages.Organiser, rights: Collection[str], *, revoked: bool
) -> None:
    told = _message(key, digest, owner, rights, revoked=revoked)
    await outbox.add(held, [told])
    await announcing.announce_again(held, told.key, told.subject)


def _message(key: UUID, digest: bytes, owner: messages.Organiser, rights: Collection[str], *, revoked: bool) -> Message:
    fact = messages.ApiKeyChanged(
        id=str(key), hash=digest.hex(), organiser=owner, rights=tuple(rights), revoked=revoked
    )
    return messages.message(fact, source="orders")
