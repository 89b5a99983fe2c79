"""The command `boxoffice` as a process, and how it ended."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Told:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


async def boxoffice(*words: str, typed: bytes = b"", **settings: str) -> Told:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "boxoffice", *words),
        env=os.environ | settings,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(typed)
    return Told(process.returncode or 0, out.decode(), err.decode())
