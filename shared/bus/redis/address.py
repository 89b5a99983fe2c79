"""`redis://user:password@host:6379/0?prefix=boxoffice:`, taken apart.

`prefix` begins the name of every key; what redis-py knows beside it (`ssl_ca_certs`, …) is passed on.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from redis.asyncio import BlockingConnectionPool
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from shared.bus.protocol import BadBrokerUrl

PREFIX = "boxoffice:"
SHAPE = "redis://user:password@host:6379/0?prefix=boxoffice:"
CONNECT_SECONDS = 5.0
# Longer than any blocking read or wait for the disk: silence for so long is a line that is dead.
ANSWER_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where the server is, without our own options, and what our keys begin with."""

    server: str
    prefix: str

    @classmethod
    def of(cls, url: str) -> "Address":
        """Raises `BadBrokerUrl` for a port that is none and for options that neither we nor redis-py know."""
        try:
            parts = urlsplit(url)
            options = dict(parse_qsl(parts.query, keep_blank_values=True))
            prefix = options.pop("prefix", PREFIX)
            address = cls(parts._replace(query=urlencode(options)).geturl(), prefix)
            address.pool("check", 1).make_connection()  # type: ignore[no-untyped-call]
        except TypeError as error:
            unknown = str(error).rpartition(" ")[2]
            raise BadBrokerUrl(f"BROKER_URL must be {SHAPE}; it has no option {unknown}") from error
        except ValueError as error:
            # Not its words: what stands at the port's place may be the rest of a password.
            raise BadBrokerUrl(
                f"BROKER_URL must be {SHAPE}, a password's / # ? @ written as %2F %23 %3F %40"
            ) from error
        return address

    def pool(self, source: str, size: int) -> BlockingConnectionPool:
        """Up to `size` connections, made when needed; nothing is tried twice behind our back."""
        return BlockingConnectionPool.from_url(
            self.server,
            max_connections=size,
            timeout=ANSWER_SECONDS,
            client_name=f"boxoffice-{source}",
            protocol=2,
            retry=Retry(NoBackoff(), 0),
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_keepalive=True,
        )
