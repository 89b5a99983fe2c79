"""The rules in Varnish's own test language, each file one behaviour: `infra/varnish/tests`."""

import asyncio
import os
import re
from pathlib import Path

import pytest

from shared.languages import FALLBACK, LANGUAGES
from tests.servers.varnish import PACKAGE, RULES, installed

CASES = sorted((RULES / "tests").glob("*.vtc"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.stem)
async def test_the_rules_hold(case: Path) -> None:
    program = await installed("varnishtest", PACKAGE)
    # varnishtest looks for varnishd on PATH, where an ordinary user's has no sbin.
    environment = os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin:/usr/local/sbin"}
    running = await asyncio.create_subprocess_exec(
        *(program, "-D", f"infra={RULES}", str(case)),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    told, _ = await running.communicate()
    assert running.returncode == 0, told.decode(errors="replace")[-3000:]


def test_every_rule_that_matters_has_a_case() -> None:
    assert {"coalescing", "language", "nonsense", "private", "public", "purging", "stale", "streaming"} <= {
        case.stem for case in CASES
    }


def test_the_cache_knows_the_languages_of_the_pages() -> None:
    rules = (RULES / "default.vcl").read_text()
    assert set(re.findall(r"\b[a-z]{2}(?:\|[a-z]{2})+\b", rules)) == {"|".join(LANGUAGES)}
    assert FALLBACK == "en"
