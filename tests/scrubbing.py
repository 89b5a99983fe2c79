"""The environment as tests see it: without the settings of whoever runs them."""

import os

SETTINGS = frozenset(
    {
        *("DATABASE_URL", "BROKER_URL", "STORE_URL", "SMTP_URL", "MAIL_FROM", "PUBLIC_URL", "SIGNING_KEY", "DKIM_KEY"),
        *("CORS_ORIGINS", "TRUSTED_PROXIES", "DATA_DIR", "LOG_FORMAT", "LOG_LEVEL", "FLAGS_URL", "FLAGS_PROVIDER"),
        *("PURGE_URLS", "HELO_NAME"),
    }
)
# What Postgres's and OpenTelemetry's libraries read behind our back.
FAMILIES = ("PG", "OTEL_")


def is_setting(name: str) -> bool:
    """Whether Boxoffice or one of its libraries would read this variable."""
    return name in SETTINGS or name.startswith(FAMILIES)


def clean_environment() -> dict[str, str]:
    """This process's environment without settings."""
    return {name: value for name, value in os.environ.items() if not is_setting(name)}
