"""Tests and the compose file run the same images, and the compose file opens nothing to the network."""

import re
from pathlib import Path

from tests.servers import postgres, rabbitmq

ROOT = Path(__file__).parents[2]
COMPOSE = (ROOT / "docker-compose.yml").read_text()
COMPOSE_TLS = (ROOT / "infra/haproxy/compose.tls.yml").read_text()
EDGE = (ROOT / "infra/haproxy/edge.cfg").read_text()


def test_tests_run_against_the_images_of_the_compose_file() -> None:
    images = set(re.findall(r"^\s+image: (\S+)$", COMPOSE, re.MULTILINE))
    assert {postgres.IMAGE, rabbitmq.IMAGE} <= images


def test_every_published_port_is_on_this_machine_alone() -> None:
    for ports in re.findall(r"^    ports:\n((?:      - .*\n)+)", COMPOSE + COMPOSE_TLS, re.MULTILINE):
        assert all(port.startswith("- 127.0.0.1:") for port in map(str.strip, ports.splitlines()))
    assert published_by("haproxy", COMPOSE) == ["127.0.0.1:8000:8000"]
    assert published_by("haproxy", COMPOSE_TLS) == ["127.0.0.1:8443:8443"]
    assert published_by("varnish", COMPOSE) == published_by("orders-2", COMPOSE) == []


def published_by(name: str, file: str) -> list[str]:
    """The ports that this service opens."""
    ports = re.search(r"^    ports:\n((?:      - .*\n)+)", of_service(name, file), re.MULTILINE)
    return re.findall(r"- (\S+)", ports[1]) if ports else []


def of_service(name: str, file: str) -> str:
    """Its lines."""
    found = re.search(rf"^  {name}:.*\n((?:    .*\n|\n)+)", file, re.MULTILINE)
    assert found, name
    return found[1]


def test_the_edge_knows_each_setting_that_the_compose_file_gives_it() -> None:
    known = set(re.findall(r"presetenv (\w+)|defined\((\w+)\)", EDGE))
    for file in (COMPOSE, COMPOSE_TLS):
        given = re.search(r"^    environment:\n((?:      \w+: .*\n)+)", of_service("haproxy", file), re.MULTILINE)
        assert given
        names = re.findall(r"^      (\w+):", given[1], re.MULTILINE)
        assert set(names) <= {name for pair in known for name in pair}
        assert names


def test_an_organisers_change_reaches_the_inner_listener_of_the_varnish_there() -> None:
    assert "-a inside=:6082" in of_service("varnish", COMPOSE)
    assert re.search(r"PURGE_URLS: \S*http://varnish:6082", of_service("orders", COMPOSE))
    assert "<<: *orders\n" in of_service("orders-2", COMPOSE)


def test_varnish_treats_orders_alike_in_containers_and_on_one_machine() -> None:
    here, there = [(ROOT / "infra/varnish" / path).read_text() for path in ("backend.vcl", "containers/backend.vcl")]
    name = re.search(r'\.host = "([\w-]+)";', there)
    assert name
    assert f"- {name[1]}:" in of_service("varnish", COMPOSE)
    rules = there.replace(name[0], '.host = "127.0.0.1";').partition("backend orders")[2]
    assert rules == here.partition("backend orders")[2]
