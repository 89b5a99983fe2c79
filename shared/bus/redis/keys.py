"""What exists in Redis. For a queue `tickets.order-placed`, under the prefix `boxoffice:`:

    bound:order.placed.v1            set      the queues that get each message of this key
    tickets.order-placed             stream   served by the group `boxoffice`; an entry leaves when settled
    tickets.order-placed.retry       stream   waiting for their next attempt …
    tickets.order-placed.retry:due   zset     … until then, in milliseconds of Redis' clock
    tickets.order-placed.dead        stream   given up on, with `reason`, `attempts` and `died-at`
    tickets.order-placed.dead:ids    zset     their message ids, to find one by

An entry's fields are `id`, `key`, `subject`, `body` and, when it was tried before, `attempts`. Another
team's queue is a stream of its own that it adds to the `bound:` sets of the keys it wants.
"""

from dataclasses import dataclass

GROUP = "boxoffice"


@dataclass(frozen=True, slots=True)
class Keys:
    prefix: str

    def bound(self, key: str) -> str:
        return f"{self.prefix}bound:{key}"

    def queue(self, queue: str) -> str:
        return f"{self.prefix}{queue}"

    def retry(self, queue: str) -> str:
        return f"{self.prefix}{queue}.retry"

    def due(self, queue: str) -> str:
        return f"{self.prefix}{queue}.retry:due"

    def dead(self, queue: str) -> str:
        return f"{self.prefix}{queue}.dead"

    def dead_ids(self, queue: str) -> str:
        return f"{self.prefix}{queue}.dead:ids"
