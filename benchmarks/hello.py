"""A bare aiohttp that answers every request alike: what the web framework alone can do on this machine."""

import asyncio
import sys

import uvloop
from aiohttp import web


async def hello(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(text="hello")


async def main(port: int) -> None:
    app = web.Application()
    app.add_routes([web.route("*", "/{path:.*}", hello)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, reuse_port=True).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
