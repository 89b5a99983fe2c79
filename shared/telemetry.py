"""Logs: one line an event, with a stable `action` and ids, and never a person's data."""

import io
import logging
import sys
from contextlib import suppress
from typing import Literal, TextIO, cast

import structlog

from shared.correlation import with_request_id

# What befalls a broker the bus tells itself, with a stable action and the broker's name.
TOLD_BY_US = ("aio_pika", "aiormq")


def configure_logs(service: str, form: Literal["console", "json"], level: str) -> None:
    """Send structlog's and the standard library's records to stderr in one form.

    Libraries speak from warning up: their chatter is theirs, not an operator's.
    """
    output = cast(TextIO, _Output(sys.stderr))
    renderer: structlog.types.Processor = structlog.processors.JSONRenderer()
    if form == "console":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), event_key="action")
    steps: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        with_request_id,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.processors.EventRenamer("action"),
    ]
    threshold = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*steps, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(output),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    handler = logging.StreamHandler(output)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=steps))
    logging.basicConfig(handlers=[handler], level=max(threshold, logging.WARNING), force=True)
    for library in TOLD_BY_US:
        logging.getLogger(library).setLevel(logging.CRITICAL)


class _Output(io.TextIOBase):
    """Where lines go. One that can't be written is lost: what is being told of goes on.

    Whoever reads our lines may die before us, as a supervisor does by `kill -9`, and every line is then a broken pipe.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._stream.flush()
