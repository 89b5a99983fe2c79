"""Settings from the environment."""

from pathlib import Path

import pytest

from services.mailer.settings import MailerSettings
from services.orders.settings import OrdersSettings
from services.tickets.settings import TicketsSettings
from shared.settings import BadSettings, Settings, load

DATABASE = "postgresql://boxoffice:hunter2@db/boxoffice"


def test_what_is_unset_follows_from_what_is_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATABASE_URL", DATABASE)
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
    settings = load(Settings)
    assert settings.broker == DATABASE
    assert settings.store == f"file://{tmp_path}/store"
    assert settings.key_file == tmp_path / "signing.key"


def test_every_mistake_is_told_with_its_name_and_what_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (
        ("DATABASE_URL", "mysql://db"),
        ("BROKER_URL", "kafka://broker"),
        ("STORE_URL", "ftp://files"),
        ("LOG_FORMAT", "xml"),
        ("PUBLIC_URL", "localhost:8080"),
        ("CORS_ORIGINS", "shop.example"),
        ("PURGE_URLS", "http://varnish:6082,varnish:6082"),
    ):
        monkeypatch.setenv(name, value)
    with pytest.raises(BadSettings) as told:
        load(OrdersSettings)
    lines = str(told.value).splitlines()
    assert {line.partition(":")[0] for line in lines} == {
        "DATABASE_URL",
        "BROKER_URL",
        "STORE_URL",
        "LOG_FORMAT",
        "PUBLIC_URL",
        "CORS_ORIGINS",
        "PURGE_URLS",
    }
    assert "amqp://" in next(line for line in lines if line.startswith("BROKER_URL"))


def test_no_database_says_what_to_do() -> None:
    with pytest.raises(BadSettings, match="boxoffice up"):
        load(Settings)


def test_an_empty_setting_counts_as_unset(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", DATABASE)
    monkeypatch.setenv("LOG_LEVEL", "")
    assert load(Settings).log_level == "info"


def test_a_secret_does_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", DATABASE)
    assert "hunter2" not in repr(load(Settings))


@pytest.mark.parametrize("kind", [OrdersSettings, TicketsSettings, MailerSettings])
def test_every_setting_is_described_and_stands_in_the_readme(kind: type[Settings]) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    for name, field in kind.model_fields.items():
        assert field.description, f"{name} has no description"
        assert f"`{name.upper()}`" in readme, f"{name.upper()} is not in the README"
