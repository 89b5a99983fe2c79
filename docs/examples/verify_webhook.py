"""Receives Boxoffice's webhooks and refuses what Boxoffice did not sign. Needs aiohttp and standardwebhooks:

WEBHOOK_SECRET=whsec_… python verify_webhook.py 3000
"""

import os
import sys

from aiohttp import web
from standardwebhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])
seen: set[str] = set()


async def boxoffice(request: web.Request) -> web.Response:
    try:
        message = webhook.verify(await request.read(), dict(request.headers))
    except WebhookVerificationError:
        return web.Response(status=400)
    if request.headers["webhook-id"] not in seen:
        seen.add(request.headers["webhook-id"])
        print(message["type"], message["data"].get("confirmation_number", ""), flush=True)
    return web.Response(status=204)


if __name__ == "__main__":
    app = web.Application()
    app.add_routes([web.post("/{path:.*}", boxoffice)])
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]), print=None)
