"""The bus inside Postgres: a table of deliveries, leases, and NOTIFY as a wake-up."""

from shared.bus.postgres.bus import PostgresBus

__all__ = ["PostgresBus"]
