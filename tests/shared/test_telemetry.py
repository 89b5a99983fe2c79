"""What reaches the log."""

import os
import subprocess
import sys

SAYING = """
import logging
from shared.telemetry import configure_logs
configure_logs("test", "json", "info")
for name in ("aiormq.connection", "aio_pika.connection", "some.library"):
    logging.getLogger(name).error("said by %s", name)
"""


def test_what_the_bus_tells_of_its_broker_its_library_does_not_tell_again() -> None:
    said = subprocess.run([sys.executable, "-c", SAYING], capture_output=True, text=True, check=True).stderr
    assert [line for line in said.splitlines() if "said by" in line] == said.splitlines()
    assert "some.library" in said
    assert said.count("said by") == 1


UNHEARD = """
import logging, structlog
from shared.telemetry import configure_logs
configure_logs("test", "json", "info")
for n in range(3):
    structlog.get_logger().info("said.nowhere", n=n)
    logging.getLogger("some.library").error("said nowhere")
print("went on")
"""


def test_a_line_that_nobody_reads_any_more_stops_nothing() -> None:
    """As when a supervisor that read them was killed."""
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        done = subprocess.run([sys.executable, "-c", UNHEARD], stdout=subprocess.PIPE, stderr=theirs, text=True)
    finally:
        os.close(theirs)
    assert done.stdout == "went on\n"
