"""`python -m boxoffice.inbox --port 8025 --smtp-port 1025 --folder data/inbox`: the inbox as its own process."""

import argparse
import asyncio
import signal
import sqlite3
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from aiohttp import web

from boxoffice.inbox import smtp
from boxoffice.inbox.api import InboxApi
from boxoffice.inbox.store import Mailbox
from shared.telemetry import configure_logs

# Only for this machine: what is in here is everybody's mail.
HOST = "127.0.0.1"
# Streams never finish by themselves, everything else is quick.
SHUTDOWN_SECONDS = 0.3


def main(arguments: list[str]) -> int:
    """Blocks until SIGTERM or SIGINT; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m boxoffice.inbox", description="Takes every mail and shows it.")
    parser.add_argument("--port", type=int, default=8025, help="of the page and the API")
    parser.add_argument("--smtp-port", type=int, default=1025)
    parser.add_argument("--folder", type=Path, default=Path("data/inbox"))
    options = parser.parse_args(arguments)
    configure_logs("inbox", "console", "info")
    try:
        asyncio.run(_serve(options.folder, options.port, options.smtp_port))
    except (OSError, sqlite3.Error) as error:
        print(f"the inbox can't start: {error}", file=sys.stderr)
        return 1
    return 0


async def _serve(folder: Path, port: int, smtp_port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with AsyncExitStack() as parts:
        mailbox = Mailbox(folder)
        parts.push_async_callback(mailbox.close)
        app = web.Application(client_max_size=1024 * 1024)
        app.add_routes(InboxApi(mailbox).routes())
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN_SECONDS)
        await runner.setup()
        parts.push_async_callback(runner.cleanup)
        server = await smtp.listen(mailbox, HOST, smtp_port)
        parts.callback(server.close)
        await web.TCPSite(runner, HOST, port).start()
        await stop.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
