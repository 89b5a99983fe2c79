"""Secrets are kept sealed, each for its own webhook."""

import base64
import re
import secrets

import pytest

from services.orders.webhooks.vault import Unopenable, Vault, new_secret, shown
from shared.identifiers import uuid7
from shared.keyring import Keyring

OLD, NEW = secrets.token_bytes(32), secrets.token_bytes(32)


def test_a_secret_is_shown_as_the_specification_writes_it() -> None:
    secret = new_secret()
    assert re.fullmatch(r"whsec_[A-Za-z0-9+/]{43}=", shown(secret))
    assert base64.b64decode(shown(secret).removeprefix("whsec_")) == secret


def test_what_is_sealed_says_nothing_and_opens_again() -> None:
    vault, webhook, secret = Vault(Keyring((NEW,))), uuid7(), new_secret()
    sealed = vault.seal(secret, webhook)
    assert secret not in sealed
    assert vault.seal(secret, webhook) != sealed
    assert vault.open(sealed, webhook) == secret


def test_a_secret_moved_to_another_webhook_or_changed_opens_nothing() -> None:
    vault, webhook = Vault(Keyring((NEW,))), uuid7()
    sealed = vault.seal(new_secret(), webhook)
    for wrong, whose in ((sealed, uuid7()), (sealed[:-1] + bytes([sealed[-1] ^ 1]), webhook), (b"", webhook)):
        with pytest.raises(Unopenable):
            vault.open(wrong, whose)


def test_what_an_older_key_sealed_opens_as_long_as_that_key_is_there() -> None:
    webhook, secret = uuid7(), new_secret()
    sealed = Vault(Keyring((OLD,))).seal(secret, webhook)
    assert Vault(Keyring((NEW, OLD))).open(sealed, webhook) == secret
    with pytest.raises(Unopenable):
        Vault(Keyring((NEW,))).open(sealed, webhook)
