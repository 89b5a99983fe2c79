"""From a list of URLs to a bus over several brokers."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode, urlsplit

from shared.bus.amqp import Options
from shared.bus.clusters.bus import ClustersBus
from shared.bus.clusters.cluster import Cluster, Single
from shared.bus.protocol import BadBrokerUrl
from shared.bus.slots import Slots

# A frozen cluster costs this once, and once more when a balancer leads to it: publishing goes on within two seconds.
PATIENCE_SECONDS = 0.75
# A drained balancer is left by then. Often enough for an operator who waits, seldom enough to cost nothing.
MAX_AGE = timedelta(minutes=5)
MARK = "publish"


@dataclass(frozen=True, slots=True)
class Place:
    """One broker of a list: its URL, the name to call ourselves by, and how it differs from an only one."""

    url: str
    source: str
    options: Options


async def open_clusters(
    urls: Sequence[str],
    source: str,
    open_one: Callable[[Place], Awaitable[Single]],
    patience: float = PATIENCE_SECONDS,
) -> ClustersBus:
    """Publishers take the first of `urls`, consumers attend to each that is not marked `?publish=only`.

    `patience` is how many seconds a cluster may take for a confirm before the next one is asked.
    Raises `BadBrokerUrl` for a mark of another value, a URL that stands there twice, and when none is consumed.
    """
    marked = [without_mark(url) for url in urls]
    if len({url for url, _ in marked}) != len(marked):
        raise BadBrokerUrl("BROKER_URL must be a list of different clusters: one of them stands there twice")
    if not any(consumed for _, consumed in marked):
        raise BadBrokerUrl(
            "BROKER_URL must be a list with at least one cluster without publish=only: nobody would consume"
        )
    slots = Slots()

    async def join(url: str, consumed: bool) -> Cluster:
        options = Options(patience, slots, max_age=None if consumed else MAX_AGE)
        bus = await open_one(Place(url, source, options))
        return Cluster(urlsplit(url).netloc.rpartition("@")[2], bus, consumed)

    return ClustersBus(await asyncio.gather(*(join(*each) for each in marked)), patience)


def without_mark(url: str) -> tuple[str, bool]:
    """The URL as the driver takes it, and whether it is consumed from."""
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    marks = [value for name, value in query if name == MARK]
    if any(mark != "only" for mark in marks):
        raise BadBrokerUrl(
            "BROKER_URL must be without `publish=`, or have publish=only on the way that only publishers take"
        )
    rest = urlencode([(name, value) for name, value in query if name != MARK])
    return parts._replace(query=rest).geturl(), not marks
