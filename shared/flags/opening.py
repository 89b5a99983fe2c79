"""The flags of a service, opened: our provider and what keeps it up to date, or another one that is set."""

import asyncio
from contextlib import AsyncExitStack
from importlib import import_module
from secrets import token_hex

import structlog
from openfeature import api
from openfeature.provider import FeatureProvider
from openfeature.provider.no_op_provider import NoOpProvider

from shared.background import Background
from shared.flags.asking import Flags, Whose
from shared.flags.following import Follower
from shared.flags.provider import PostgresProvider
from shared.settings import BadSettings, Settings

log = structlog.get_logger()

# How long a provider that is set may take before the service starts without its answers.
START_SECONDS = 5.0
# Stands in for those that are closed; one for all, as the SDK keeps every provider it was ever given.
_CLOSED = NoOpProvider()


async def open_flags(
    settings: Settings, service: str, parts: AsyncExitStack, background: Background, whose: Whose | None = None
) -> Flags:
    """Flags that answer at once: with what the database says, or with the code's defaults while it is away.

    `whose` tells who has signed in, where people can. Raises `BadSettings` when FLAGS_PROVIDER names nothing that makes
    a provider.
    """
    # The SDK keeps providers by domain for the whole process, where there may be several of us.
    domain = f"boxoffice-{service}-{token_hex(4)}"
    if settings.flags_provider:
        await _start(_made(settings.flags_provider), domain)
        own = None
    else:
        own = PostgresProvider()
        follower = Follower(settings.flags, service, own)
        await follower.catch_up()
        api.set_provider_and_wait(own, domain)
        background.start("flags", follower.run)
    parts.callback(api.set_provider, _CLOSED, domain)
    return Flags(api.get_client(domain), own, whose)


def _made(name: str) -> FeatureProvider:
    module, _, factory = name.partition(":")
    try:
        provider: FeatureProvider = getattr(import_module(module), factory)()
        return provider
    except (ImportError, AttributeError, TypeError) as error:
        raise BadSettings(f"FLAGS_PROVIDER: {name} gives no provider: {error}") from error


async def _start(provider: FeatureProvider, domain: str) -> None:
    """In a thread, since a provider may connect somewhere and the SDK waits for it where it is called."""
    try:
        async with asyncio.timeout(START_SECONDS):
            await asyncio.to_thread(api.set_provider_and_wait, provider, domain)
    except Exception as error:
        log.warning("flags.provider-failed", provider=provider.get_metadata().name, error=str(error))
