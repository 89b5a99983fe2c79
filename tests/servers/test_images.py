"""Tests and the compose file run the same images, and the compose file opens nothing to the network."""

import re
from pathlib import Path

from tests.servers import postgres, rabbitmq

COMPOSE = (Path(__file__).parents[2] / "docker-compose.yml").read_text()


def test_tests_run_against_the_images_of_the_compose_file() -> None:
    images = set(re.findall(r"^\s+image: (\S+)$", COMPOSE, re.MULTILINE))
    assert {postgres.IMAGE, rabbitmq.IMAGE} <= images


def test_every_published_port_is_on_this_machine_alone() -> None:
    published = re.findall(r"^\s+- (\S+:\d+)$", COMPOSE, re.MULTILINE)
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)
