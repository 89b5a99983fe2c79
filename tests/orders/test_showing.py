"""Lists are made one by one."""

from structlog.testing import capture_logs

from services.orders.showing import each_shown


def inverse(number: int) -> float:
    return 1 / number


def test_what_can_not_be_shown_is_left_out_and_the_rest_keeps_its_order() -> None:
    assert each_shown([1, 0, 2, 4], inverse, str) == [1, 0.5, 0.25]


def test_it_is_logged_by_its_name_and_once() -> None:
    with capture_logs() as logged:
        for _ in range(3):
            each_shown([4, 0, 0], inverse, lambda number: f"number-{number}")
    assert [(line["event"], line["id"], line["error"]) for line in logged] == [
        ("list.left-out", "number-0", "ZeroDivisionError")
    ]
