"""What buyers send, and how they are told what is wrong with it."""

import json
from typing import Any

import email_validator
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.orders.requests import parse_order, read_order, sound_lines
from shared.values.texts import MAX_NAME
from tests.orders.builders import a_request


def faults_of(document: dict[str, Any]) -> list[str]:
    return [fault.pointer for fault in parse_order(document)[1]]


def named(name: Any) -> dict[str, Any]:
    return a_request(buyer={"name": name, "email": "ada@example.org"})


def test_the_contracts_example_is_sound() -> None:
    wanted, faults = parse_order(a_request())
    assert wanted is not None
    assert faults == []
    assert [attendee.name for attendee in wanted.lines[0].attendees] == ["Ada Lovelace", "Charles Babbage"]


def test_every_fault_is_named_not_the_first_one() -> None:
    document = {
        "event": 7,
        "buyer": {"name": "", "email": "nobody"},
        "locale": "klingon!",
        "lines": [{"ticket_type": "general", "quantity": 0, "attendees": [{"name": "A\nB", "age": 3}]}],
        "coupon/code": "x",
    }
    assert faults_of(document) == [
        "/event",
        "/buyer/name",
        "/buyer/email",
        "/locale",
        "/lines/0/quantity",
        "/lines/0/attendees/0/name",
        "/lines/0/attendees/0/age",
        "/coupon~1code",
    ]


@pytest.mark.parametrize("quantity", [0, -1, 10**9, 10**30, 1.5, 2.0, "2", True, None, [], {}])
def test_a_quantity_is_a_whole_number_from_1(quantity: Any) -> None:
    assert faults_of(a_request(lines=[{"ticket_type": "general", "quantity": quantity}])) == ["/lines/0/quantity"]


@pytest.mark.parametrize("name", ["\r\nBcc: x@y", "A\x00B", "A\u2028B", "\ud83d", "A" * (MAX_NAME + 1), "", "   "])
def test_a_name_is_one_printable_line_of_at_most_200_characters(name: str) -> None:
    padded = name if name.strip() != "Bcc: x@y" else "A" + name
    assert faults_of(named(padded)) == ["/buyer/name"]


@pytest.mark.parametrize(
    "name", ["<b>Bold & Sons</b>", "Zoë 🎟️ 👩‍👩‍👧", "عبد الرحمن الشريف", "A" * MAX_NAME, "O'Neil-Ångström"]
)
def test_a_name_is_kept_as_its_bearer_writes_it(name: str) -> None:
    wanted, faults = parse_order(named(name))
    assert faults == []
    assert wanted is not None
    assert wanted.buyer.name == name


@pytest.mark.parametrize(
    "email", ["a", "a@b", "a b@example.org", "a@example.org\r\nBcc: b@example.org", "ü@example.org", "@", ""]
)
def test_an_address_we_could_not_send_to_is_refused(email: str) -> None:
    assert faults_of(a_request(buyer={"name": "Ada", "email": email})) == ["/buyer/email"]


@pytest.mark.parametrize(("lines", "told"), [(0, "Give at least 1."), (21, "Give at most 20, not 21.")])
def test_too_few_or_too_many_lines_are_told_in_our_words(lines: int, told: str) -> None:
    line = {"ticket_type": "general", "quantity": 1}
    _, faults = parse_order(a_request(lines=[line] * lines))
    assert [(fault.pointer, fault.detail) for fault in faults] == [("/lines", told)]


def test_an_international_domain_is_taken() -> None:
    wanted, _ = parse_order(a_request(buyer={"name": "Ada", "email": "ada@bücher.example"}))
    assert wanted is not None
    assert wanted.buyer.email == "ada@xn--bcher-kva.example"


def test_sound_lines_are_found_beside_broken_ones() -> None:
    document = a_request(lines=[{"quantity": 1}, {"ticket_type": "vip", "quantity": 3}, 7])
    assert [(place, line.quantity) for place, line in sound_lines(document)] == [(1, 3)]


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=10,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("event", "buyer", "lines", "locale", "x"), json_values)))
def test_anything_at_all_is_told_its_faults(document: dict[str, Any]) -> None:
    wanted, faults = parse_order(document)
    assert (wanted is None) == bool(faults)
    assert all(fault.detail for fault in faults)
    assert list(sound_lines(document)) is not None


near_misses = st.fixed_dictionaries(
    {
        "event": st.sampled_from(["summer-night", "", 7]),
        "buyer": st.fixed_dictionaries(
            {"name": st.text(max_size=5) | st.just("Ada"), "email": st.sampled_from(["ada@example.org", "A@B.example"])}
        ),
        "lines": st.lists(
            st.fixed_dictionaries(
                {"ticket_type": st.just("general"), "quantity": st.sampled_from([1, 2.0, True, "1", 10**20])}
            ),
            max_size=2,
        ),
    },
    optional={"locale": st.sampled_from(["en", "pt-BR", "", None]), "x": json_values},
)


@given(near_misses, st.booleans())
def test_the_quick_way_takes_what_the_slow_way_takes_and_nothing_else(
    document: dict[str, Any], ascii_only: bool
) -> None:
    raw = json.dumps(document, ensure_ascii=ascii_only).encode(errors="surrogatepass")
    try:
        slow, _ = parse_order(json.loads(raw))
    except UnicodeDecodeError:
        slow = None
    assert read_order(raw) == slow


@given(st.emails() | st.from_regex(r"[a-zA-Z0-9.+_'-]{1,70}@[a-z0-9.-]{1,20}\.(org|test|LOCAL|c)", fullmatch=True))
def test_an_address_is_read_as_the_library_reads_it(address: str) -> None:
    wanted, faults = parse_order(a_request(buyer={"name": "Ada", "email": address}))
    try:
        known = email_validator.validate_email(
            address, check_deliverability=False, allow_smtputf8=False, globally_deliverable=False
        )
    except email_validator.EmailNotValidError:
        assert faults
        return
    assert wanted is not None
    assert wanted.buyer.email == (known.ascii_email or known.normalized)


def test_names_that_mean_everyone_are_in_small_letters() -> None:
    wanted, _ = parse_order(a_request(buyer={"name": "Ada", "email": "Info@Example.org"}))
    assert wanted is not None
    assert wanted.buyer.email == "info@example.org"
