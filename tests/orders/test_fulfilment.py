"""How far an order has come, whatever order the news comes in."""

from itertools import permutations

import pytest

from services.orders.fulfilment import Fulfilment, after

REPORTS = ("tickets.failed.v1", "tickets.issued.v1", "email.sent.v1", "email.failed.v1")


@pytest.mark.parametrize("news", list(permutations(REPORTS)))
def test_success_wins_whatever_order_the_news_comes_in(news: tuple[str, ...]) -> None:
    state = Fulfilment()
    for key in news:
        state = after(state, key)
    assert state == Fulfilment("issued", "sent")


def test_a_bounce_follows_a_mail_that_was_sent() -> None:
    assert after(Fulfilment("issued", "sent"), "email.bounced.v1").email == "bounced"


def test_news_of_nothing_we_know_changes_nothing() -> None:
    assert after(Fulfilment(), "tickets.framed.v1") == Fulfilment()


def test_an_order_is_settled_once_nothing_more_comes_by_itself() -> None:
    assert not Fulfilment().settled
    assert not Fulfilment("issued").settled
    assert not Fulfilment("pending", "sent").settled
    assert Fulfilment("issued", "sent").settled
    assert Fulfilment("issued", "bounced").settled
    assert Fulfilment("failed").settled
