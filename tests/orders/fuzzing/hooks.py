"""Loaded by schemathesis in its own process: formats that it does not know."""

from zoneinfo import available_timezones

import schemathesis
from hypothesis import strategies

NAMES = sorted(available_timezones() - {"Factory", "localtime"})

schemathesis.openapi.format("time-zone", strategies.sampled_from(NAMES))
