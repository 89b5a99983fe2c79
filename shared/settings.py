"""Settings from the environment: read once, frozen, all mistakes told together.

Every service's own settings extend `Settings`. A field's name in capitals is the variable's name,
its description is what the README's table says. Secrets don't show in `repr`.
"""

from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, AnyUrl, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

NO_DATABASE = (
    "not set, and no embedded server runs under DATA_DIR: start `boxoffice up`, or set postgresql://user@host/name"
)


class BadSettings(Exception):
    """One line a wrong setting, each with its name and what is allowed."""


def _url_with_scheme(*allowed: str) -> AfterValidator:
    def check(value: SecretStr) -> SecretStr:
        for url in filter(None, value.get_secret_value().split(",")):
            scheme = url.strip().partition("://")[0]
            if scheme not in allowed or "://" not in url:
                raise ValueError("must begin with " + " or ".join(f"{name}://" for name in allowed))
        return value

    return AfterValidator(check)


def _web_address(value: str) -> str:
    if AnyUrl(value).scheme not in ("http", "https"):
        raise ValueError("must begin with http:// or https://")
    return value.rstrip("/")


def _factory(value: str) -> str:
    module, colon, name = value.partition(":")
    if value and not (colon and name.isidentifier() and all(part.isidentifier() for part in module.split("."))):
        raise ValueError("must be module:factory, such as my_flags.providers:make")
    return value


DatabaseUrl = Annotated[SecretStr, _url_with_scheme("postgresql", "postgres")]
BrokerUrl = Annotated[SecretStr, _url_with_scheme("amqp", "amqps", "redis", "rediss", "postgresql", "postgres")]
StoreUrl = Annotated[SecretStr, _url_with_scheme("file", "s3", "memory")]
SmtpUrl = Annotated[SecretStr, _url_with_scheme("smtp", "smtps")]
Factory = Annotated[str, AfterValidator(_factory)]
WebAddress = Annotated[str, AfterValidator(_web_address)]


class Settings(BaseSettings):
    """What every service needs."""

    model_config = SettingsConfigDict(frozen=True, env_ignore_empty=True, extra="ignore")

    database_url: DatabaseUrl = Field(
        SecretStr(""),
        description="Postgres, `postgresql://user:password@host/name`; each service owns one schema in it. "
        "Unset: the embedded server under `DATA_DIR`.",
    )
    broker_url: BrokerUrl = Field(
        SecretStr(""),
        description="Where messages travel: `amqp://user:password@host/vhost`, `redis://user:password@host:6379/0` "
        "(`rediss://` over TLS; it must keep its data: `appendonly yes`, `appendfsync always`; "
        "`?prefix=` before its keys) or `postgresql://…`. Several, separated by commas and of any kind, are "
        "independent of each other: publishers use the first that takes the message, consumers attend to all, but for "
        "one with `?publish=only`, a local HAProxy (see `infra/haproxy`). Unset: the database.",
    )
    store_url: StoreUrl = Field(
        SecretStr(""),
        description="Where PDFs are kept: `file:///folder`, `s3://bucket/prefix` or `memory://`. "
        "Unset: `store` under `DATA_DIR`.",
    )
    data_dir: Path = Field(Path("data"), description="The folder of everything the embedded parts keep.")
    signing_key: Path | None = Field(
        None,
        description="File with the installation's secret keys, one a line, newest first. "
        "Unset: `signing.key` under `DATA_DIR`, made on first use.",
    )
    public_url: WebAddress = Field("http://localhost:8080", description="The address under which buyers reach us.")
    flags_url: DatabaseUrl = Field(
        SecretStr(""),
        description="Postgres with the feature flags, where the services have databases of their own. "
        "Unset: `DATABASE_URL`.",
    )
    flags_provider: Factory = Field(
        "",
        description="Another OpenFeature provider, as `module:factory`; the factory is called without arguments. "
        "Unset: our own.",
    )
    nice: int = Field(
        0,
        ge=0,
        le=19,
        description="How far the service steps back for others on its machine, from 0 to 19, as of nice(1). "
        "`boxoffice up` gives 10 to tickets, mailer and webhooks, so that buyers don't wait for mails. Default: `0`.",
    )
    log_format: Literal["console", "json"] = Field("console", description="`console` for people, `json` for programs.")
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="The least that is logged.")

    @property
    def database(self) -> str:
        return self.database_url.get_secret_value()

    @property
    def broker(self) -> str:
        return self.broker_url.get_secret_value() or self.database

    @property
    def flags(self) -> str:
        return self.flags_url.get_secret_value() or self.database

    @property
    def store(self) -> str:
        return self.store_url.get_secret_value() or (self.data_dir.resolve() / "store").as_uri()

    @property
    def key_file(self) -> Path:
        return self.signing_key or self.data_dir / "signing.key"


S = TypeVar("S", bound=Settings)


def load(kind: type[S]) -> S:
    """Read the environment. Raises `BadSettings` with every mistake found."""
    try:
        settings = kind()
    except ValidationError as error:
        raise BadSettings("\n".join(_line(fault["loc"], fault["msg"]) for fault in error.errors())) from None
    if not settings.database:
        raise BadSettings(_line(("database_url",), NO_DATABASE))
    return settings


def _line(place: tuple[int | str, ...], what: str) -> str:
    name = str(place[0]).upper() if place else "settings"
    return f"{name}: {what.removeprefix('Value error, ')}"
