"""What organisers send about events, and how they are told what is wrong with it."""

from dataclasses import replace
from typing import Any

import pytest
from babel.numbers import get_currency_name
from hypothesis import given
from hypothesis import strategies as st

from services.orders.currencies import CURRENCIES
from services.orders.event_requests import EventFields, TicketTypeFields, parse_event
from services.orders.merging import changed, merged
from services.orders.organising import NewEvent
from services.orders.reporting import event_changed
from services.orders.shapes import parse
from services.orders.slugs import IDENTITY, MAX_SLUG, SLUG, candidates, slug_of
from services.orders.store import Owned
from shared.bus.protocol import MAX_MESSAGE_BYTES
from shared.identifiers import uuid7
from tests.orders.builders import a_ticket_type, an_event

KIND: dict[str, Any] = {"name": "General", "price": {"amount": 4500, "currency": "EUR"}, "capacity": 100}
EVENT: dict[str, Any] = {
    "name": "Winter Ball",
    "starts_at": "2027-12-31T20:00:00+01:00",
    "timezone": "Europe/Vienna",
    "ticket_types": [KIND],
}


def pointers(**changes: Any) -> set[str]:
    return {fault.pointer for fault in parse_event(EVENT | changes)[1]}


def kind_pointers(**changes: Any) -> set[str]:
    return {fault.pointer for fault in parse(TicketTypeFields, KIND | changes)[1]}


def test_only_what_the_contract_names_is_a_must() -> None:
    request, faults = parse_event(EVENT)
    assert faults == []
    assert request
    event = request.new_event()
    assert (event.slug, event.starts_at.isoformat()) == ("winter-ball", "2027-12-31T19:00:00+00:00")
    assert [(kind.slug, kind.max_per_order, kind.capacity) for kind in event.ticket_types] == [("general", 10, 100)]
    assert {fault.pointer for fault in parse_event({"ticket_types": [{}]})[1]} == {
        "/name",
        "/starts_at",
        "/timezone",
        "/ticket_types/0/name",
        "/ticket_types/0/price",
        "/ticket_types/0/capacity",
    }


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("name", ["", " ", 7, "a\nb", "a\x00", "\ud800", "x" * 201]),
        ("slug", ["", "-", "a--b", "A", "ä", "a b", "a/b", "x" * 101, str(uuid7())]),
        ("description", ["a\x00b", "x" * 5_001, 1, "\ud800"]),
        ("venue", ["Hall", {"name": 1}, {"name": "a\nb"}, {"hall": "x"}]),
        (
            "starts_at",
            ["2027-12-31", "2027-12-31T20:00:00", "2027-13-01T00:00:00Z", 1830279600, "0001-01-01T00:00:00+01:00"],
        ),
        ("ends_at", ["2027-12-31T19:00:00Z", "2027-01-01T00:00:00Z", "soon"]),
        ("timezone", ["Europe/Atlantis", "CEST", "", "europe/vienna", "../etc/passwd", "+01:00", "localtime"]),
        ("ticket_types", [{}, [KIND] * 101]),
        ("published", [True]),
    ],
)
def test_what_can_not_be_is_named(field: str, wrong: list[Any]) -> None:
    for value in wrong:
        named = pointers(**{field: value})
        assert {pointer.split("/")[1] for pointer in named} == {field}, value


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        (
            "price",
            [
                4500,
                {"amount": -1, "currency": "EUR"},
                {"amount": 1.5, "currency": "EUR"},
                {"amount": "1", "currency": "EUR"},
            ],
        ),
        ("price", [{"amount": 1, "currency": currency} for currency in ("eur", "EURO", "XXX", "XAU", "DEM", "", None)]),
        ("capacity", [-1, "100", 1.5, True, 10**9, None]),
        ("max_per_order", [0, 1001, "1", None]),
        ("on_sale_until", ["2027-01-01", 1]),
    ],
)
def test_what_a_ticket_type_can_not_be_is_named(field: str, wrong: list[Any]) -> None:
    for value in wrong:
        assert {pointer.split("/")[1] for pointer in kind_pointers(**{field: value})} == {field}, value


def test_the_largest_event_still_fits_into_a_message() -> None:
    kinds = [KIND | {"name": "🎟" * 200, "slug": f"{n}" + "x" * 90, "description": "🎟" * 1000} for n in range(100)]
    venue = {"name": "🎟" * 200, "address": "🎟" * 300}
    request, faults = parse_event(EVENT | {"description": "🎟" * 5000, "venue": venue, "ticket_types": kinds})
    assert request, faults
    told = event_changed(a_reading_of(request.new_event()), ["published"])
    assert len(told.body) < MAX_MESSAGE_BYTES


def a_reading_of(new: NewEvent) -> Owned:
    kinds = [a_ticket_type(kind.slug) for kind in new.ticket_types]
    types = [
        replace(kind, name=wanted.name, description=wanted.description)
        for kind, wanted in zip(kinds, new.ticket_types, strict=True)
    ]
    event = replace(
        an_event(*types),
        name=new.name,
        description=new.description,
        venue_name=new.venue_name,
        venue_address=new.venue_address,
    )
    return Owned(uuid7(), event, 1, None)


def test_a_sale_ends_after_it_begins() -> None:
    window = {"on_sale_from": "2027-01-02T00:00:00Z", "on_sale_until": "2027-01-02T00:00:00Z"}
    assert kind_pointers(**window) == {"/on_sale_until"}
    assert kind_pointers(**window | {"on_sale_until": "2027-01-02T00:00:01Z"}) == set()


def test_every_fault_is_named_at_once() -> None:
    kinds = [{"name": "", "price": {"amount": -1, "currency": "x"}, "capacity": -1, "slug": "a"}, KIND | {"slug": "a"}]
    assert pointers(ends_at="2027-12-31T00:00:00Z", timezone="Nowhere", x=1, ticket_types=kinds) == {
        "/ends_at",
        "/timezone",
        "/x",
        "/ticket_types/0/name",
        "/ticket_types/0/price/amount",
        "/ticket_types/0/price/currency",
        "/ticket_types/0/capacity",
        "/ticket_types/1/slug",
    }


def test_ticket_types_of_one_name_get_slugs_of_their_own() -> None:
    request, _ = parse_event(EVENT | {"ticket_types": [KIND, KIND | {"slug": "general-2"}, KIND]})
    assert request
    assert [kind.slug for kind in request.new_event().ticket_types] == ["general", "general-2", "general-3"]


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Winter Ball", "winter-ball"),
        ("  Éclair & Co. — 2027!", "eclair-co-2027"),
        ("東京の夜", "event"),
        ("...", "event"),
        ("x" * 300, "x" * 80),
    ],
)
def test_a_slug_is_what_our_letters_leave_of_a_name(name: str, slug: str) -> None:
    assert slug_of(name, "event") == slug


@given(st.text(max_size=300))
def test_any_name_has_a_sound_slug(name: str) -> None:
    for _, slug in zip(range(12), candidates(slug_of(name, "event")), strict=False):
        assert SLUG.fullmatch(slug)
        assert len(slug) <= MAX_SLUG
        assert not IDENTITY.fullmatch(slug)


def test_every_currency_is_one_that_people_know() -> None:
    assert len(CURRENCIES) > 150
    assert {code for code in CURRENCIES - {"XCG", "ZWG"} if get_currency_name(code, locale="en") == code} == set()


@pytest.mark.parametrize(
    ("document", "patch", "result"),
    [
        # The examples of RFC 7396, appendix A, that begin and end with an object.
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_patch_is_merged_as_the_standard_says(
    document: dict[str, Any], patch: dict[str, Any], result: dict[str, Any]
) -> None:
    assert merged(document, patch) == result


def test_an_empty_patch_changes_nothing() -> None:
    request, _ = parse_event(EVENT | {"venue": {"name": "Hofburg"}, "description": "One\r\ntwo"})
    assert request
    before = EventFields.document(request.new_event())
    again, faults = parse(EventFields, merged(before, {}))
    assert again, faults
    assert changed(before, EventFields.document(again.wanted())) == ()
    assert before["description"] == "One\ntwo"
