"""From `BROKER_URL` to a bus."""

from shared.bus.amqp import AmqpBus
from shared.bus.postgres import PostgresBus
from shared.bus.protocol import BadBrokerUrl, Bus
from shared.bus.redis import RedisBus

ALLOWED = "amqp://, amqps://, redis://, rediss://, postgresql:// or postgres://"


async def connect(urls: str, *, source: str) -> Bus:
    """Open the bus that `urls` names; `source` is the service's name, shown by the broker's own tools.

    Waits up to 3 seconds for the broker, and returns without it when it is away: publishing then
    fails with `BusUnavailable` and subscriptions join once it is there.
    Raises `BadBrokerUrl` for another scheme, for none, and for several URLs.
    """
    url = _the_one_url(urls)
    scheme = url.partition("://")[0].lower()
    if scheme in ("amqp", "amqps"):
        return await AmqpBus.open(url, source)
    if scheme in ("redis", "rediss"):
        return await RedisBus.open(url, source)
    if scheme in ("postgres", "postgresql"):
        return await PostgresBus.open(url, source)
    raise BadBrokerUrl(f"BROKER_URL must begin with {ALLOWED}, not {scheme[:20]}")


def _the_one_url(urls: str) -> str:
    """Several brokers are a list of buses behind the same protocol; today there is room for one."""
    several = [url.strip() for url in urls.split(",") if url.strip()]
    if len(several) != 1 or "://" not in several[0]:
        raise BadBrokerUrl(f"BROKER_URL must be one URL that begins with {ALLOWED}; {len(several)} given")
    return several[0]
