"""Which URLs make a bus, and what a mistake is told."""

import pytest

from shared.bus import BadBrokerUrl, connect
from shared.bus.checking import check_names


@pytest.mark.parametrize(
    "urls",
    [
        "",
        " , ",
        "mqtt://localhost",
        "localhost:5672",
        "http://guest:secret@host",
        "amqp:host",
        "amqp://a,mqtt://b",
        "amqp://a,b:5672",
    ],
)
async def test_a_url_that_no_transport_serves_is_told_what_is_allowed(urls: str) -> None:
    allowed = "amqp://, amqps://, redis://, rediss://, postgresql:// or postgres://"
    with pytest.raises(BadBrokerUrl, match=rf"^BROKER_URL must be.*{allowed}") as told:
        await connect(urls, source="test")
    assert "secret" not in str(told.value)


async def test_both_spellings_of_postgres_and_stray_blanks_are_taken(database_url: str) -> None:
    bus = await connect(f" {database_url.replace('postgresql:', 'postgres:')} ,", source="test")
    await bus.close()


@pytest.mark.parametrize("queue", ["", "Tickets", "tickets order", "x" * 201, "tickets/order", ".dead"])
def test_a_queue_name_that_some_transport_could_not_take_is_refused(queue: str) -> None:
    with pytest.raises(ValueError, match="queue"):
        check_names(queue, ["order.placed.v1"])


@pytest.mark.parametrize("key", ["", "order.*.v1", "order.#", "ORDER", "x" * 256])
def test_a_key_with_wildcards_or_oddities_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="key"):
        check_names("tickets.order-placed", [key])
