"""The rules of placing, over plain data."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from services.orders.placing import Accepted, Line, LockedType, NotOnSale, SoldOut, WantedLine, decide, faults_in, seat
from tests.orders.builders import NOW, a_ticket_type, an_event, an_order, stock_of


def test_the_first_to_come_gets_the_last_place() -> None:
    event = an_event(a_ticket_type(available=1))
    first, second = an_order(event), an_order(event)
    decisions = decide([first, second], stock_of(event), NOW)
    assert [type(decision) for decision in decisions] == [Accepted, SoldOut]
    assert decisions[0].order is first


def test_an_order_too_large_does_not_stop_a_smaller_one_behind_it() -> None:
    event = an_event(a_ticket_type(available=2))
    decisions = decide([an_order(event, quantity=3), an_order(event, quantity=2)], stock_of(event), NOW)
    assert [type(decision) for decision in decisions] == [SoldOut, Accepted]


def test_a_refusal_tells_what_is_left_of_each_type_asked_for() -> None:
    event = an_event(a_ticket_type(available=2))
    refused = decide([an_order(event, quantity=3)], stock_of(event), NOW)[0]
    assert isinstance(refused, SoldOut)
    assert refused.available == {event.ticket_types[0].id: 2}


def test_an_order_of_two_types_gets_both_or_nothing() -> None:
    plenty, gone = a_ticket_type("plenty"), a_ticket_type("gone", available=0)
    event = an_event(plenty, gone)
    both = structs.replace(an_order(event), lines=(Line(plenty.id, ("A",)), Line(gone.id, ("B",))))
    decisions = decide([both, an_order(event, quantity=10)], stock_of(event), NOW)
    assert [type(decision) for decision in decisions] == [SoldOut, Accepted]


def test_two_lines_of_one_type_are_counted_together() -> None:
    event = an_event(a_ticket_type(available=3))
    line = Line(event.ticket_types[0].id, ("A", "B"))
    order = structs.replace(an_order(event), lines=(line, line))
    assert isinstance(decide([order], stock_of(event), NOW)[0], SoldOut)


def test_an_accepted_order_costs_what_the_locked_rows_say() -> None:
    event = an_event(a_ticket_type(price=4500))
    dearer = {kind.id: LockedType(replace(kind, price=5000), True) for kind in event.ticket_types}
    accepted = decide([an_order(event, quantity=2)], dearer, NOW)[0]
    assert isinstance(accepted, Accepted)
    assert (accepted.total, accepted.currency) == (10_000, "EUR")


def test_nothing_is_sold_outside_its_window_or_unpublished() -> None:
    early = an_event(a_ticket_type(on_sale_from=NOW + timedelta(seconds=1)))
    late = an_event(a_ticket_type(on_sale_until=NOW))
    hidden = an_event(published=False)
    for event in (early, late, hidden):
        assert isinstance(decide([an_order(event)], stock_of(event), NOW)[0], NotOnSale)


def test_a_ticket_type_that_is_gone_is_not_on_sale() -> None:
    assert isinstance(decide([an_order(an_event())], {}, NOW)[0], NotOnSale)


@given(st.integers(0, 30), st.lists(st.integers(1, 12), max_size=20))
def test_never_more_is_sold_than_there_is(available: int, quantities: list[int]) -> None:
    event = an_event(a_ticket_type(available=available))
    decisions = decide([an_order(event, quantity=wanted) for wanted in quantities], stock_of(event), NOW)
    sold = sum(decision.order.lines[0].quantity for decision in decisions if isinstance(decision, Accepted))
    assert sold <= available
    for decision in decisions:
        if isinstance(decision, SoldOut):
            assert decision.order.lines[0].quantity > min(decision.available.values())


def test_every_fault_of_an_order_is_named_at_its_place() -> None:
    event = an_event(a_ticket_type("general", max_per_order=4), a_ticket_type("abroad", currency="CHF"))
    lines = {
        0: WantedLine("general", 3),
        1: WantedLine("nowhere", 1),
        2: WantedLine("general", 2),
        4: WantedLine("abroad", 1, ("A", "B")),
    }
    assert [pointer for pointer, _ in faults_in(event, lines)] == [
        "/lines/1/ticket_type",
        "/lines/2/quantity",
        "/lines/4/ticket_type",
        "/lines/4/attendees",
    ]


def test_places_without_an_attendee_are_in_the_buyers_name() -> None:
    event = an_event()
    (line,) = seat(event, [WantedLine("general", 3, ("Charles",))], "Ada")
    assert line.attendees == ("Charles", "Ada", "Ada")


def test_a_ticket_type_is_found_by_slug_and_by_id() -> None:
    event = an_event()
    kind = event.ticket_types[0]
    assert event.ticket_type("general") is event.ticket_type(str(kind.id)) is kind
