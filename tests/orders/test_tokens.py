"""Access tokens and signed links."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.orders.tokens import LINK_LIFETIME, Tokens
from shared.identifiers import uuid7
from shared.keyring import Keyring
from tests.orders.builders import NOW

OLD, NEW = b"o" * 32, b"n" * 32
NUMBER = "7K2MX-Q4P9D"
tokens = Tokens(Keyring((NEW, OLD)))


def test_a_token_opens_its_own_order_only() -> None:
    mine, other = uuid7(), uuid7()
    assert tokens.opens(tokens.access_token(mine), mine)
    assert not tokens.opens(tokens.access_token(other), mine)


def test_what_an_older_key_signed_still_opens() -> None:
    order, before = uuid7(), Tokens(Keyring((OLD,)))
    assert tokens.opens(before.access_token(order), order)
    assert tokens.link_holds(before.link_signatures(NUMBER, NOW)["progress"], "progress", NUMBER, NOW)
    assert not before.opens(tokens.access_token(order), order)


def test_a_link_is_good_for_one_thing_of_one_order_and_for_an_hour() -> None:
    signature = tokens.link_signatures(NUMBER, NOW)["progress"]
    just_before = NOW + LINK_LIFETIME - timedelta(seconds=1)
    assert tokens.link_holds(signature, "progress", NUMBER, just_before)
    assert not tokens.link_holds(signature, "progress", NUMBER, NOW + LINK_LIFETIME)
    assert not tokens.link_holds(signature, "tickets.pdf", NUMBER, NOW)
    assert not tokens.link_holds(signature, "progress", "7K2MX-Q4P9E", NOW)


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_nonsense_holds_nothing(text: str) -> None:
    assert not tokens.link_holds(text, "progress", NUMBER, NOW)
    assert not tokens.opens(text.encode(errors="replace").decode(), uuid7())


def test_the_keys_do_not_show() -> None:
    assert NEW.decode() not in repr(Keyring((NEW,)))
