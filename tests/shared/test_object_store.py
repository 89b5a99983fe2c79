"""Files in the object store."""

from hashlib import sha256
from pathlib import Path

import pytest

from shared.object_store import BadStore, NoSuchFile, ObjectStore, StoreUnavailable, open_store


@pytest.fixture(params=["file", "memory"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> ObjectStore:
    return open_store((tmp_path / "a b").as_uri() if request.param == "file" else "memory://")


async def test_what_is_put_is_got_and_described(objects: ObjectStore) -> None:
    stored = await objects.put("tickets/1/7K2MX-Q4P9D.pdf", b"PDF")
    assert (stored.key, stored.size, stored.sha256) == ("tickets/1/7K2MX-Q4P9D.pdf", 3, sha256(b"PDF").hexdigest())
    assert await objects.get(stored.key) == b"PDF"


async def test_a_file_put_again_is_replaced(objects: ObjectStore) -> None:
    await objects.put("a", b"1")
    await objects.put("a", b"22")
    assert await objects.get("a") == b"22"


async def test_a_file_that_is_not_there_is_said_so(objects: ObjectStore) -> None:
    with pytest.raises(NoSuchFile):
        await objects.get("nowhere.pdf")


async def test_a_store_that_takes_nothing_is_unavailable(tmp_path: Path) -> None:
    objects = open_store(tmp_path.as_uri())
    (tmp_path / "tickets").write_text("a file where a folder should be")
    with pytest.raises(StoreUnavailable):
        await objects.put("tickets/x.pdf", b"PDF")


def test_a_folder_that_can_not_be_made_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(BadStore, match="STORE_URL"):
        open_store((tmp_path / "file" / "store").as_uri())
