"""A mail server that can misbehave, lines to it, and the mailer's own tables."""

import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from services.mailer.handlers import OrderMails
from services.mailer.lines import Lines
from services.mailer.posting import Post
from services.mailer.standing import Standing
from shared.database import Pool, close_pool, open_pool
from shared.object_store import ObjectStore, open_store
from tests.mailer.building import COMPOSER, PDF, SENDER, tickets_issued
from tests.mailer.mail_server import MailServer, serving


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    async with serving(MailServer()) as server:
        yield server


@pytest.fixture
async def lines(mail_server: MailServer) -> AsyncIterator[Lines]:
    lines = Lines(mail_server.address(), hello="test.example")
    yield lines
    await lines.close()


@pytest.fixture
async def pool(migrated_url: str) -> AsyncIterator["Pool[Any]"]:
    pool = await open_pool(migrated_url, "mailer")
    yield pool
    await close_pool(pool)


@pytest.fixture
async def objects() -> ObjectStore:
    objects = open_store("memory://")
    await objects.put(tickets_issued().pdf.key, PDF)
    return objects


@pytest.fixture
def mailer(pool: "Pool[Any]", objects: ObjectStore, lines: Lines) -> OrderMails:
    """One that asks the mail server each time, whatever that said of us before."""
    standing = Standing(pause_seconds=0)
    return OrderMails(pool, objects, COMPOSER, Post(pool, lines, SENDER, on_commit=lambda: None, standing=standing))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the key and the certificate, signed by itself, of 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mx.test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .sign(key, SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "mx.pem"
    unencrypted = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(unencrypted + made.public_bytes(Encoding.PEM))
    return file


@pytest.fixture
def self_signed(certificate: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context
