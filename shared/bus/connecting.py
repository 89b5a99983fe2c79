"""From `BROKER_URL` to a bus."""

from functools import partial

from shared.bus.amqp import AmqpBus, Options
from shared.bus.clusters.cluster import Single
from shared.bus.clusters.opening import MARK, Place, open_clusters
from shared.bus.postgres import PostgresBus
from shared.bus.postgres.direct import DirectPublisher
from shared.bus.protocol import BadBrokerUrl, Bus
from shared.bus.redis import RedisBus

AMQP, REDIS, POSTGRES = {"amqp", "amqps"}, {"redis", "rediss"}, {"postgres", "postgresql"}
ALLOWED = "amqp://, amqps://, redis://, rediss://, postgresql:// or postgres://"


async def connect(urls: str, *, source: str, database: str = "") -> Bus:
    """Open the bus that `urls` names; `source` is the service's name, shown by the broker's own tools.

    Waits up to 3 seconds for the broker, and returns without it when it is away: publishing then
    fails with `BusUnavailable` and subscriptions join once it is there.
    `database` is the URL of the one that the handlers write to: deliveries from that very database have receipts.
    Several URLs, separated by commas, are independent brokers, of whatever kind each: see `shared.bus.clusters`.
    Raises `BadBrokerUrl` for another scheme, and for none.
    """
    several = [url.strip() for url in urls.split(",") if url.strip()]
    if not several:
        raise BadBrokerUrl(f"BROKER_URL must be one URL or more, each beginning with {ALLOWED}")
    for url in several:
        _refuse_unknown(url)
    if len(several) > 1 or f"{MARK}=" in several[0]:
        return await open_clusters(several, source, partial(open_one, database=database))
    return await open_one(Place(several[0], source, Options()), database=database)


def direct_publisher(bus: Bus) -> DirectPublisher | None:
    """For `open_pool`, when `bus` is the only one and lies in the database that was given to `connect`."""
    return bus.direct if isinstance(bus, PostgresBus) else None


async def open_one(place: Place, *, database: str = "") -> Single:
    """The bus at one place. Only RabbitMQ's confirms and connections have options: the others answer or are away."""
    scheme = _scheme(place.url)
    if scheme in AMQP:
        return await AmqpBus.open(place.url, place.source, place.options)
    if scheme in REDIS:
        return await RedisBus.open(place.url, place.source, slots=place.options.slots)
    return await PostgresBus.open(place.url, place.source, slots=place.options.slots, database=database)


def _refuse_unknown(url: str) -> None:
    if "://" not in url or _scheme(url) not in AMQP | REDIS | POSTGRES:
        raise BadBrokerUrl(f"BROKER_URL must begin with {ALLOWED}, not {url.partition(':')[0][:20]}")


def _scheme(url: str) -> str:
    return url.partition("://")[0].lower()
