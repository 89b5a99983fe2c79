"""Ticket codes: genuine ones are read, everything else is refused."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.tickets import qr
from services.tickets.codes import LENGTH, Forged, TicketSigner, key_id, verify

TICKET, EVENT = UUID("0198c7a2-0000-7000-8000-00000000002a"), UUID("0198c7a2-0000-7000-8000-000000000007")
OLD, NEW = b"old key, thirty-two bytes long..", b"new key, thirty-two bytes long.."
DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@given(st.uuids(), st.uuids())
def test_what_was_signed_is_what_is_read(ticket: UUID, event: UUID) -> None:
    signer = TicketSigner([NEW])
    code = verify(signer.sign(ticket, event), signer.public_keys)
    assert (code.ticket, code.event) == (ticket, event)
    assert code.key in signer.public_keys


@given(st.integers(0, LENGTH - 1), st.sampled_from(DIGITS + "a -"))
def test_any_flipped_character_is_refused(position: int, other: str) -> None:
    signer = TicketSigner([NEW])
    code = signer.sign(TICKET, EVENT)
    if code[position] != other:
        with pytest.raises(Forged):
            verify(code[:position] + other + code[position + 1 :], signer.public_keys)


@given(st.text())
def test_any_text_is_refused(text: str) -> None:
    with pytest.raises(Forged):
        verify(text, TicketSigner([NEW]).public_keys)


def test_a_code_has_one_spelling() -> None:
    signer = TicketSigner([NEW])
    code = signer.sign(TICKET, EVENT)
    for other in (code.lower(), f" {code}", f"{code}0", f"0{code}", code[1:], f"{code[:70]}_{code[70:]}"):
        with pytest.raises(Forged):
            verify(other, signer.public_keys)


def test_the_newest_key_signs_and_the_older_ones_still_verify() -> None:
    before, after = TicketSigner([OLD]), TicketSigner([NEW, OLD])
    assert verify(before.sign(TICKET, EVENT), after.public_keys).ticket == TICKET
    assert verify(after.sign(TICKET, EVENT), after.public_keys).key not in before.public_keys


def test_a_code_under_an_unknown_key_is_refused() -> None:
    with pytest.raises(Forged, match="unknown key"):
        verify(TicketSigner([OLD]).sign(TICKET, EVENT), TicketSigner([NEW]).public_keys)


def test_a_code_under_a_borrowed_key_id_is_refused() -> None:
    forger, honest = TicketSigner([OLD]), TicketSigner([NEW])
    borrowed = {next(iter(forger.public_keys)): next(iter(honest.public_keys.values()))}
    with pytest.raises(Forged, match="signature"):
        verify(forger.sign(TICKET, EVENT), borrowed)


def test_signing_twice_gives_the_same_code() -> None:
    assert TicketSigner([NEW]).sign(TICKET, EVENT) == TicketSigner([NEW]).sign(TICKET, EVENT)


def test_a_key_id_comes_from_the_public_key_alone() -> None:
    identity, key = next(iter(TicketSigner([NEW]).public_keys.items()))
    assert identity == key_id(key)
    assert len(identity) == 6


def test_the_code_fits_the_smallest_qr_code_its_bits_allow() -> None:
    code = TicketSigner([NEW]).sign(TICKET, EVENT)
    # Size 49 with the quiet zone makes a module one point: version 6 is 41 modules.
    assert "1.00000 0 0 1.00000 4.000 4.000 cm" in qr.path(code, 0, 0, 41 + 2 * qr.QUIET_MODULES)
