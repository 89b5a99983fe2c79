"""How far an order has come, whatever order the news comes in."""

from itertools import permutations

import pytest

from services.orders.fulfilment import Fulfilment, Mail, after, after_asking_again, after_cancelling

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
    assert not Fulfilment("void").settled
    assert Fulfilment("void", "sent").settled


@pytest.mark.parametrize("news", [*REPORTS, "email.bounced.v1"])
def test_void_tickets_stay_void_and_news_of_their_mail_is_old(news: str) -> None:
    about = Mail("tickets") if news.startswith("email") else None
    assert after(after_cancelling(), news, about) == after_cancelling()


def test_the_mail_that_calls_them_off_settles_a_cancelled_order() -> None:
    assert after(after_cancelling(), "email.sent.v1", Mail("cancellation")).settled


def test_after_asking_again_only_news_of_that_mail_counts() -> None:
    asked = after_asking_again(Fulfilment("issued", "bounced"))
    assert (asked.tickets, asked.email) == ("issued", "pending")
    assert after(asked, "email.bounced.v1", Mail("tickets", 1)) == asked
    assert after(asked, "email.sent.v1", Mail("tickets", 2)).email == "sent"
