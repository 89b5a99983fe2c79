"""The fixtures give what they say."""

import os

import aio_pika
import asyncpg
import pytest


async def test_a_database_is_fresh_and_empty(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    tables = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname !~ '^(pg_|information_schema)'")
    await connection.close()
    assert tables == 0


async def test_a_migrated_database_has_every_schema(migrated_url: str) -> None:
    connection = await asyncpg.connect(migrated_url)
    schemas = await connection.fetch("SELECT nspname FROM pg_namespace")
    await connection.close()
    assert {"orders", "tickets", "mailer"} <= {row["nspname"] for row in schemas}


async def test_a_virtual_host_takes_a_quorum_queue(amqp_url: str) -> None:
    connection = await aio_pika.connect(amqp_url)
    async with connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("q", durable=True, arguments={"x-queue-type": "quorum"})
        assert queue.name == "q"


@pytest.mark.parametrize("name", ["DATABASE_URL", "BROKER_URL", "PGPASSWORD"])
def test_no_setting_leaks_in(name: str) -> None:
    assert name not in os.environ
