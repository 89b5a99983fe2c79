"""The bus over Redis 7.0 and later, or Valkey: streams, consumer groups, scripts."""

from shared.bus.redis.bus import RedisBus

__all__ = ["RedisBus"]
