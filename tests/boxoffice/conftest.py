"""Parts made for a test and closed after it."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from boxoffice.logs import Ear, service_matters
from boxoffice.service_process import ServiceProcess
from tests.boxoffice.stand_ins import SERVER
from tests.servers.programs import free_port

AService = Callable[..., ServiceProcess]


@pytest.fixture
def a_service(tmp_path: Path) -> Iterator[AService]:
    """Makes a service's process that is ready at once; `deed` is what it does besides."""
    ears: list[Ear] = []

    def make(deed: str = "plain", name: str = "orders") -> ServiceProcess:
        ears.append(Ear(name, tmp_path, lambda *_: None, service_matters, time.monotonic))
        port = free_port()
        words = (sys.executable, "-IS", "-c", SERVER, str(port), deed)
        return ServiceProcess(name, words, dict(os.environ), port, ears[-1])

    yield make
    for ear in ears:
        ear.close()
