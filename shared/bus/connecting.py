"""From `BROKER_URL` to a bus."""

from shared.bus.amqp import AmqpBus
from shared.bus.clusters.opening import MARK, open_clusters
from shared.bus.postgres import PostgresBus
from shared.bus.protocol import BadBrokerUrl, Bus
from shared.bus.redis import RedisBus

AMQP = {"amqp", "amqps"}
ALLOWED = "amqp://, amqps://, redis://, rediss://, postgresql:// or postgres://"


async def connect(urls: str, *, source: str) -> Bus:
    """Open the bus that `urls` names; `source` is the service's name, shown by the broker's own tools.

    Waits up to 3 seconds for the broker, and returns without it when it is away: publishing then
    fails with `BusUnavailable` and subscriptions join once it is there.
    Several URLs, separated by commas, are independent RabbitMQ clusters: see `shared.bus.clusters`.
    Raises `BadBrokerUrl` for another scheme, for none, and for several that are not all RabbitMQ's.
    """
    several = [url.strip() for url in urls.split(",") if url.strip()]
    schemes = {url.partition("://")[0].lower() for url in several if "://" in url}
    if len(several) > 1 and schemes <= AMQP and all("://" in url for url in several):
        return await open_clusters(several, source)
    url = _the_one_url(several)
    scheme = url.partition("://")[0].lower()
    if scheme in AMQP:
        if f"{MARK}=" in url:
            return await open_clusters(several, source)
        return await AmqpBus.open(url, source)
    if scheme in ("redis", "rediss"):
        return await RedisBus.open(url, source)
    if scheme in ("postgres", "postgresql"):
        return await PostgresBus.open(url, source)
    raise BadBrokerUrl(f"BROKER_URL must begin with {ALLOWED}, not {scheme[:20]}")


def _the_one_url(several: list[str]) -> str:
    if len(several) != 1 or "://" not in several[0]:
        raise BadBrokerUrl(
            f"BROKER_URL must be one URL that begins with {ALLOWED}, or several with amqp://; {len(several)} given"
        )
    return several[0]
