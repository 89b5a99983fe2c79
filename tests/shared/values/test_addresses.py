"""One rule for addresses: what a buyer may give, the mailer can write to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mailer.addresses import mailbox
from shared.values.addresses import BadAddress, buyers_address, envelope

DOMAINS = st.sampled_from(["example.org", "bücher.example", "EXAMPLE.org", "a.b.c.example", "x" * 63 + ".example"])
LOCALS = st.text(st.characters(codec="ascii", categories=("L", "N", "P", "S")), min_size=1, max_size=70)


def taken(address: str) -> bool:
    try:
        buyers_address(address)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("letter", ["a", "A"])
def test_a_local_part_has_at_most_64_bytes_wherever_it_is_looked_at(letter: str) -> None:
    longest, longer = letter * 64 + "@example.org", letter * 65 + "@example.org"
    assert buyers_address(longest) == mailbox(longest).address == longest
    assert not taken(longer)
    with pytest.raises(BadAddress):
        mailbox(longer)


def test_an_address_has_at_most_254_bytes_in_the_form_that_is_mailed() -> None:
    domain = ".".join(["ü" * 40] * 4) + ".example"
    assert len("a@" + domain) < 254
    assert not taken("a@" + domain)
    with pytest.raises(BadAddress):
        envelope("a" * 60 + "@" + ".".join(["b" * 60] * 3) + ".example.org")


@given(LOCALS, DOMAINS)
def test_whatever_a_buyer_may_give_the_mailer_can_address(local: str, domain: str) -> None:
    try:
        given_as = buyers_address(f"{local}@{domain}")
    except ValueError:
        return
    assert mailbox(given_as).address == given_as
    assert buyers_address(given_as) == given_as
