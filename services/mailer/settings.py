"""What the mailer can be told."""

import socket
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import Field, SecretStr, field_validator

from services.mailer.addresses import Mailbox, named_mailbox
from services.mailer.dialling import SmtpServer, Tls
from services.mailer.hello import full_name, is_full_name
from shared.settings import Settings, SmtpUrl

STARTTLS: dict[str, Tls] = {"require": "require", "auto": "auto", "never": "never"}


class MailerSettings(Settings):
    """Beside the shared ones: which server takes our mail, and in whose name it goes."""

    smtp_url: SmtpUrl = Field(
        SecretStr("smtp://localhost:25"),
        description="The mail server: `smtp://user:password@host:587?starttls=require`, or `smtps://…` for TLS "
        "at once. `starttls` is `require` (the default with a password), `auto` (when offered; the default without) "
        "or `never`.",
    )
    mail_from: str = Field(
        "Boxoffice <tickets@localhost>", description="Whom mail comes from: `Name <address>` or an address."
    )

    helo_name: str = Field(
        "",
        description="The name we give the mail server (EHLO): a full name that leads to this machine, or an address "
        "like `[192.0.2.1]`. By default the domain of `MAIL_FROM`, or this machine's own full name.",
    )
    mail_journal: Path | None = Field(
        None,
        description="Folder where the `Message-ID` of each mail that a server took is noted, for a restored backup to "
        "find out what went since; best on another disk than the database. Unset: `mail-journal` under `DATA_DIR`.",
    )

    @field_validator("smtp_url")
    @classmethod
    def _server(cls, value: SecretStr) -> SecretStr:
        smtp_server(value.get_secret_value())
        return value

    @field_validator("mail_from")
    @classmethod
    def _from(cls, value: str) -> str:
        if not named_mailbox(value).local.isascii():
            raise ValueError("what stands before the @ must be ASCII: many servers refuse others")
        return value

    @field_validator("helo_name")
    @classmethod
    def _helo(cls, value: str) -> str:
        if value and not is_full_name(value):
            raise ValueError("must be a full name with a dot, such as mail.example.org, or an address like [192.0.2.1]")
        return value

    @property
    def hello(self) -> str:
        """May ask the resolver for this machine's name."""
        return self.helo_name or full_name(self.sender.domain, socket.getfqdn)

    @property
    def server(self) -> SmtpServer:
        return smtp_server(self.smtp_url.get_secret_value())

    @property
    def journal(self) -> Path:
        return self.mail_journal or self.data_dir / "mail-journal"

    @property
    def sender(self) -> Mailbox:
        return named_mailbox(self.mail_from)


def smtp_server(url: str) -> SmtpServer:
    """Read a `SMTP_URL`. Raises `ValueError` that says what is allowed, without the password."""
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError("must name a host, as in smtp://mail.example.org:587")
    if parts.path not in ("", "/") or parts.fragment:
        raise ValueError("must end after the port and ?starttls=… (write # as %23, / as %2F, @ as %40 in a password)")
    tls = _tls(parts.scheme, parts.query, login=bool(parts.username))
    return SmtpServer(
        host=parts.hostname,
        port=_port(url) or (465 if tls == "implicit" else 587 if parts.username else 25),
        tls=tls,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )


def _tls(scheme: str, query: str, *, login: bool) -> Tls:
    wanted = parse_qs(query, keep_blank_values=True)
    if surplus := sorted(set(wanted) - {"starttls"}):
        raise ValueError(f"has an unknown option {surplus[0]!r}; only starttls is known")
    word = wanted.get("starttls", [""])[-1]
    if scheme == "smtps":
        if word:
            raise ValueError("smtps:// is TLS from the first byte: leave starttls out")
        return "implicit"
    if not word:
        return "require" if login else "auto"
    if word not in STARTTLS:
        raise ValueError("starttls must be require, auto or never")
    if word == "auto" and login:
        raise ValueError("starttls=auto could give the password away to a server without TLS: use require, or never")
    return STARTTLS[word]


def _port(url: str) -> int | None:
    try:
        return urlsplit(url).port
    except ValueError:
        raise ValueError("has a port that is no number from 1 to 65535") from None
