"""A PDF that the object store has lost, made again: the same bytes under the same key."""

from collections.abc import Awaitable, Callable
from hashlib import sha256

import structlog

from shared.messages import StoredDocument
from shared.object_store import NoSuchFile, ObjectStore

log = structlog.get_logger()


async def kept_or_restored(
    objects: ObjectStore, issued: StoredDocument, draw: Callable[[], Awaitable[bytes]]
) -> StoredDocument:
    """What the store has by the time this returns. Raises `StoreUnavailable`, and what `draw` does.

    Where other bytes come out, as after a change to the drawing, they get a key of their own: of two that draw at
    once neither writes over what the other has reported the hash of.
    """
    if await _is_kept(objects, issued):
        return issued
    content = await draw()
    digest = sha256(content).hexdigest()
    same = digest == issued.sha256
    log.warning("tickets.restored", key=issued.key, same_bytes=same)
    return await objects.put(issued.key if same else _another_key(issued.key, digest), content)


async def _is_kept(objects: ObjectStore, issued: StoredDocument) -> bool:
    try:
        content = await objects.get(issued.key)
    except NoSuchFile:
        return False
    return sha256(content).hexdigest() == issued.sha256


def _another_key(key: str, digest: str) -> str:
    """
    >>> _another_key("tickets/1/7K2MX-Q4P9D-banner.pdf", "0f" * 32)
    'tickets/1/7K2MX-Q4P9D-banner-0f0f0f0f0f0f.pdf'
    """
    return f"{key.removesuffix('.pdf')}-{digest[:12]}.pdf"
