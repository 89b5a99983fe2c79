import pytest
from pydantic import ValidationError

from services.mailer.addresses import named_mailbox
from services.mailer.dialling import SmtpServer
from services.mailer.hello import full_name
from services.mailer.settings import MailerSettings, smtp_server
from shared.settings import BadSettings, load


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://localhost", SmtpServer("localhost", 25, "auto")),
        ("smtp://localhost:1025?starttls=never", SmtpServer("localhost", 1025, "never")),
        ("smtp://mx.example.org/?starttls=require", SmtpServer("mx.example.org", 25, "require")),
        ("smtp://u:p@mx.example.org", SmtpServer("mx.example.org", 587, "require", "u", "p")),
        ("smtp://u%40x:p%2Fq@mx.example.org:25", SmtpServer("mx.example.org", 25, "require", "u@x", "p/q")),
        ("smtps://u:p@mx.example.org", SmtpServer("mx.example.org", 465, "implicit", "u", "p")),
        ("smtp://[::1]:2525", SmtpServer("::1", 2525, "auto")),
    ],
)
def test_the_mail_server_is_read_from_its_url(url: str, server: SmtpServer) -> None:
    assert smtp_server(url) == server


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("http://localhost", "smtp://"),
        ("smtp://", "host"),
        ("smtp://localhost:99999", "port"),
        ("smtp://localhost:x", "port"),
        ("smtp://localhost?starttls=maybe", "require, auto or never"),
        ("smtp://localhost?tls=1", "unknown option 'tls'"),
        ("smtps://localhost?starttls=require", "leave starttls out"),
        ("smtp://u:topsecret@localhost?starttls=auto", "use require, or never"),
        ("smtp://u:top#secret@localhost", "%23"),
        ("smtp://localhost/inbox", "end after the port"),
    ],
)
def test_a_wrong_url_stops_the_start_with_what_is_allowed(url: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost/x")
    monkeypatch.setenv("SMTP_URL", url)

    with pytest.raises(BadSettings, match="SMTP_URL: ") as caught:
        load(MailerSettings)

    assert told in str(caught.value)
    assert "topsecret" not in str(caught.value)


@pytest.mark.parametrize("sender", ["tickets", "Box <tickets@>", "a@b@c d", "jürgen@example.org", "x\r\ny <a@b>"])
def test_a_wrong_sender_stops_the_start(sender: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost/x")
    monkeypatch.setenv("MAIL_FROM", sender)

    with pytest.raises(BadSettings, match="MAIL_FROM: "):
        load(MailerSettings)


def test_passwords_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://localhost/x")
    monkeypatch.setenv("SMTP_URL", "smtp://u:topsecret@mx.example.org")
    settings = load(MailerSettings)

    assert "topsecret" not in repr(settings) + repr(settings.server)


@pytest.mark.parametrize(
    ("sender", "own", "hello"),
    [
        ("tickets@example.org", "build-7", "example.org"),
        ("tickets@localhost", "host.example.net", "host.example.net"),
        ("tickets@localhost", "build-7", "[127.0.0.1]"),
        ("tickets@localhost", "localhost.localdomain", "[127.0.0.1]"),
        ("tickets@localhost", "7.0.0.10.in-addr.arpa", "[127.0.0.1]"),
        ("tickets@[192.0.2.1]", "build-7", "[192.0.2.1]"),
    ],
)
def test_the_name_we_greet_with_is_always_a_full_one(sender: str, own: str, hello: str) -> None:
    assert full_name(named_mailbox(sender).domain, lambda: own) == hello


def test_the_name_we_greet_with_can_be_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELO_NAME", "mx1.example.org")

    assert MailerSettings().hello == "mx1.example.org"


@pytest.mark.parametrize("name", ["localhost", "two words.example", "-x.example", "[nonsense]", "a.example\r\nRSET"])
def test_a_name_no_server_would_take_is_refused_at_start(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HELO_NAME", name)

    with pytest.raises(ValidationError, match="must be a full name"):
        MailerSettings()
