"""The bus over RabbitMQ 3.10 and later: quorum queues, publisher confirms, dead letters."""

from shared.bus.amqp.bus import AmqpBus, Options

__all__ = ["AmqpBus", "Options"]
