"""Logs: one line an event, with a stable `action` and ids, and never a person's data."""

import logging
import sys
from typing import Literal

import structlog

from shared.correlation import with_request_id

# What befalls a broker the bus tells itself, with a stable action and the broker's name.
TOLD_BY_US = ("aio_pika", "aiormq")


def configure_logs(service: str, form: Literal["console", "json"], level: str) -> None:
    """Send structlog's and the standard library's records to stderr in one form.

    Libraries speak from warning up: their chatter is theirs, not an operator's.
    """
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
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=steps))
    logging.basicConfig(handlers=[handler], level=max(threshold, logging.WARNING), force=True)
    for library in TOLD_BY_US:
        logging.getLogger(library).setLevel(logging.CRITICAL)
