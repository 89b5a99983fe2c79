"""A stand-in for one orders process that can be killed: `python -m tests.edge.standing PORT LOG`.

Writes each request's id to LOG before it answers, so that it is known afterwards what reached it how often.
"""

import asyncio
import os
import sys

from aiohttp import web

# Long enough to have some requests in hand at any moment.
WORK_SECONDS = 0.02


def main(port: int, log: str) -> None:
    taken = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    async def answer(request: web.Request) -> web.Response:
        if request.path == "/readyz":
            return web.Response()
        os.write(taken, request.headers["X-Request-Id"].encode() + b"\n")
        await asyncio.sleep(WORK_SECONDS)
        return web.Response(text=str(port), headers={"Cache-Control": "private, no-store"})

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
