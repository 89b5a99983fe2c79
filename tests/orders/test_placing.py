"""The rules of placing, over plain data."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from services.orders.placing import Accepted, Agreed, Line, LockedType, NotOnSale, PriceChanged, SoldOut, decide
from services.orders.wanted import WantedLine, faults_in, seat
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
    dearer = {kind.id: LockedType(replace(kind, price=5000), True, event.over_at) for kind in event.ticket_types}
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


def test_at_another_price_than_was_agreed_nothing_is_ordered_and_the_new_one_is_told() -> None:
    event = an_event(a_ticket_type(available=2, price=9900))
    agreed = structs.replace(an_order(event, quantity=2), agreed=Agreed(5000, "EUR"))
    refused, after = decide([agreed, an_order(event, quantity=2)], stock_of(event), NOW)
    assert isinstance(refused, PriceChanged)
    assert refused.total == Agreed(19_800, "EUR")
    assert isinstance(after, Accepted), "what was refused took no place"


def test_the_same_amount_in_another_currency_is_another_price() -> None:
    event = an_event(a_ticket_type(price=4500, currency="CHF"))
    for agreed, outcome in ((Agreed(4500, "EUR"), PriceChanged), (Agreed(4500, "CHF"), Accepted)):
        order = structs.replace(an_order(event), agreed=agreed)
        assert isinstance(decide([order], stock_of(event), NOW)[0], outcome)


def test_what_is_sold_out_is_told_before_what_it_would_cost() -> None:
    event = an_event(a_ticket_type(available=0))
    order = structs.replace(an_order(event), agreed=Agreed(1, "EUR"))
    assert isinstance(decide([order], stock_of(event), NOW)[0], SoldOut)


def test_a_type_without_an_end_of_its_own_closes_with_its_event() -> None:
    ended, own_end = a_ticket_type("ended"), a_ticket_type("recording", on_sale_until=NOW + timedelta(days=9))
    event = replace(an_event(ended, own_end), starts_at=NOW - timedelta(hours=4), ends_at=NOW)
    closed, still_open = decide([an_order(event, kind=kind) for kind in (ended, own_end)], stock_of(event), NOW)
    assert isinstance(closed, NotOnSale)
    assert "over" in closed.reason
    assert isinstance(still_open, Accepted)


def test_types_that_came_to_differ_in_currency_are_not_added_up() -> None:
    here, abroad = a_ticket_type("here"), a_ticket_type("abroad", currency="CHF")
    event = an_event(here, abroad)
    both = structs.replace(an_order(event), lines=(Line(here.id, ("A",)), Line(abroad.id, ("B",))))
    assert isinstance(decide([both], stock_of(event), NOW)[0], NotOnSale)


def test_an_order_has_at_most_200_places_over_all_its_lines() -> None:
    event = an_event(a_ticket_type("general", max_per_order=200), a_ticket_type("balcony", max_per_order=200))
    full = {0: WantedLine("general", 100), 1: WantedLine("balcony", 100)}
    assert list(faults_in(event, full)) == []
    over = full | {2: WantedLine("balcony", 1)}
    assert [pointer for pointer, _ in faults_in(event, over)] == ["/lines"]
