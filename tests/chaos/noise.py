"""What the services' logs were full of: tracebacks, by service and cause. No finding, but worth a look."""

import json
from collections import Counter
from pathlib import Path


def tracebacks(folder: Path) -> Counter[str]:
    found: Counter[str] = Counter()
    for log in folder.glob("*.log"):
        for line in log.read_text(errors="replace").splitlines():
            if '"exception"' in line:
                found[f"{log.stem}: {_cause(line)}"] += 1
    return found


def _cause(line: str) -> str:
    try:
        told = json.loads(line)
    except ValueError:
        return line[:120]
    last = str(told["exception"]).strip().splitlines()[-1]
    return f"{told.get('action')} {told.get('task', '')} {last[:100]}"
