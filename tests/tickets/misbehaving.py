"""Stands in for `services.tickets.rendering` in a worker and does what the order's number says."""

import os
import signal
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from shared.messages import OrderPlaced


def warm_up() -> None:
    if os.environ.get("MISBEHAVE_AT_START"):
        sys.exit("no fonts today")


def render(order: OrderPlaced, codes: Mapping[str, str], design: str) -> bytes:
    """Gives the worker's process id where it gives anything."""
    deed, _, argument = order.number.partition(" ")
    match deed:
        case "crash":
            os.kill(os.getpid(), signal.SIGKILL)
        case "crash-once" if not _done_before(Path(argument)):
            os.kill(os.getpid(), signal.SIGKILL)
        case "hang":
            Path(argument).write_text(str(os.getpid()))
            while True:
                signal.pause()
        case "wait":
            while not Path(argument.partition(" ")[0]).exists():
                time.sleep(0.01)
        case "eat":
            bytearray(1 << 40)
        case "raise":
            raise ValueError("no such zone: Mars/Olympus")
        case "print":
            print("a library says hello")
    return str(os.getpid()).encode()


def _done_before(mark: Path) -> bool:
    try:
        mark.touch(exist_ok=False)
    except FileExistsError:
        return True
    return False
