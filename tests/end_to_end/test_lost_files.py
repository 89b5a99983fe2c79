"""A PDF that the store has lost is made again, for who downloads it and for who is owed it by mail."""

from pathlib import Path

from tests.end_to_end.buying import Placed
from tests.end_to_end.losing import RECOVERY_SECONDS, Parts
from tests.servers.waiting import eventually


def files_of(folder: Path) -> list[Path]:
    return [file for file in folder.rglob("*.pdf") if file.is_file()]


async def download(parts: Parts, order: Placed) -> tuple[int, bytes]:
    async with parts.http.get(order.answer["links"]["tickets_pdf"]) as response:
        return response.status, await response.read()


async def test_a_download_whose_file_is_lost_is_the_same_file_a_moment_later(parts: Parts, tmp_path: Path) -> None:
    await parts.start("orders", "tickets", "mailer")
    (order,) = await parts.place(1)
    await parts.become([order], tickets="issued", email="sent")
    _, before = await download(parts, order)
    (file,) = files_of(tmp_path)
    file.unlink()
    assert (await download(parts, order))[0] == 409

    async def there() -> bool:
        return (await download(parts, order))[0] == 200

    await eventually(there, RECOVERY_SECONDS)
    assert await download(parts, order) == (200, before)
    assert parts.mails_to([order]) == [1]


async def test_a_mail_whose_file_is_lost_goes_once_the_file_is_made_again(parts: Parts, tmp_path: Path) -> None:
    await parts.start("orders", "tickets")
    (order,) = await parts.place(1)
    await parts.become([order], tickets="issued")
    (file,) = files_of(tmp_path)
    before = file.read_bytes()
    file.unlink()
    await parts.start("mailer")
    await parts.become([order], tickets="issued", email="sent")
    assert parts.mails_to([order]) == [1]
    (attached,) = parts.mails.received[-1].message.iter_attachments()
    assert attached.get_content() == before
