"""Stepping back for what shares the machine: buyers wait for orders, and for nobody else."""

import os
from contextlib import suppress
from pathlib import Path

# Linux weighs sessions against each other before it looks at nice values, and each service leads a session.
AUTOGROUP = Path("/proc/self/autogroup")


def step_back(nice: int) -> None:
    """Run at this nice value (0 to 19) from now on; what we start inherits it, but for a session of its own."""
    if nice <= 0:
        return
    os.setpriority(os.PRIO_PROCESS, 0, nice)
    with suppress(OSError):
        AUTOGROUP.write_text(str(nice))
