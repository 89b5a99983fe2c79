"""The installation's secret keys."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from shared import keyring
from shared.keyring import BadKeyFile


def test_a_missing_key_file_is_made_for_its_owner_only(tmp_path: Path) -> None:
    made = keyring.load(tmp_path / "deep" / "signing.key")
    assert len(made.keys[0]) == 32
    assert stat.S_IMODE((tmp_path / "deep" / "signing.key").stat().st_mode) == 0o600
    assert keyring.load(tmp_path / "deep" / "signing.key") == made


def test_services_starting_at_once_agree_on_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as crowd:
        made = set(crowd.map(keyring.load, [tmp_path / "signing.key"] * 32))
    assert len(made) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["signing.key"]


def test_one_purposes_key_says_nothing_of_anothers(tmp_path: Path) -> None:
    ring = keyring.load(tmp_path / "signing.key")
    assert ring.derive("a") == ring.derive("a") != ring.derive("b")
    assert ring.keys[0] not in (*ring.derive("a"), *ring.derive("b"))


def test_the_newest_key_comes_first(tmp_path: Path) -> None:
    file = tmp_path / "signing.key"
    file.write_text("aa" * 32 + "\n" + "bb" * 32 + "\n")
    assert keyring.load(file).keys == (b"\xaa" * 32, b"\xbb" * 32)


@pytest.mark.parametrize("content", ["", "xyz", "aa" * 31, "aa" * 33, "aa" * 32 + "\nbb"])
def test_a_damaged_key_file_stops_the_start_and_says_so(tmp_path: Path, content: str) -> None:
    (tmp_path / "signing.key").write_text(content)
    with pytest.raises(BadKeyFile, match="64 hex digits"):
        keyring.load(tmp_path / "signing.key")


def test_parts_of_a_tag_can_not_run_together() -> None:
    assert keyring.tag(b"k", "ab", "c") != keyring.tag(b"k", "a", "bc")
