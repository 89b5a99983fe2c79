"""One attempt to deliver: signed by the Standard Webhooks specification, posted, and what came of it."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import aiohttp
from standardwebhooks import Webhook as Signer

from services.orders.webhooks.dialling import NotPublic
from services.orders.webhooks.outcomes import Answered, Outcome, Unanswered
from services.orders.webhooks.schedule import retry_after

ATTEMPT_SECONDS = 15.0
# What a receiver has to say is not kept: it is read so that its connection can be used again, and no further.
DRAINED_BYTES = 64 * 1024
DRAIN_SECONDS = 1.0


async def deliver(
    http: aiohttp.ClientSession,
    url: str,
    message: UUID,
    body: bytes,
    secrets: Sequence[bytes],
    within: float = ATTEMPT_SECONDS,
) -> Outcome:
    """Post the message and hear the answer's status `within` so many seconds. Never raises for the receiver's sake."""
    headers = {"Content-Type": "application/json"} | signatures(message, body, secrets, datetime.now(UTC))
    try:
        async with asyncio.timeout(within):
            response = await http.post(url, data=body, headers=headers, allow_redirects=False)
    except TimeoutError:
        return Unanswered(f"No answer within {within:g} seconds.")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return Unanswered(_in_words(error))
    asked = retry_after(response.headers.get("Retry-After"), datetime.now(UTC))
    await _leave(response)
    return Answered(response.status, asked)


def signatures(message: UUID, body: bytes, secrets: Sequence[bytes], now: datetime) -> dict[str, str]:
    """The three headers; one signature for each secret, newest first."""
    signed = [Signer(secret).sign(str(message), now, body.decode()) for secret in secrets]
    return {
        "webhook-id": str(message),
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(signed),
    }


async def _leave(response: aiohttp.ClientResponse) -> None:
    """Keep the connection when the answer ends soon, else hang up: its status has been said."""
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            await response.content.readexactly(DRAINED_BYTES)
    except asyncio.IncompleteReadError:
        response.release()
    except (aiohttp.ClientError, OSError, TimeoutError):
        response.close()
    else:
        response.close()


def _in_words(error: Exception) -> str:
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "The name of its host can't be found."
        case aiohttp.ClientConnectorCertificateError() | aiohttp.ClientConnectorSSLError():
            return "No secure connection: its certificate or its TLS is not in order."
        case aiohttp.ClientConnectorError(os_error=NotPublic()):
            return "Its host leads to an address that is not public: deliveries go over the public Internet only."
        case aiohttp.ClientConnectorError():
            return "It can't be connected to."
        case aiohttp.ServerConnectionError() | aiohttp.ClientOSError() | OSError():
            return "The connection was lost before it answered."
        case aiohttp.InvalidURL():
            return "Its URL can't be called."
    return "What it answered is no HTTP."
