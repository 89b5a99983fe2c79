"""`python -m tests.chaos.audit FOLDER`: judge a run that was kept, while its database still serves."""

import asyncio
import sys
from pathlib import Path

from tests.chaos.audit.evidence import gathered
from tests.chaos.audit.judging import judged
from tests.chaos.audit.story import story

STORIES = 3


def report(findings: list[str]) -> None:
    print("\n".join(findings) or "nothing found")


async def main(folder: Path) -> int:
    evidence = await gathered(folder)
    found = judged(evidence)
    report([str(finding) for finding in found])
    for finding in [one for one in found if one.email][:STORIES]:
        print(f"\n{finding}", *story(evidence, finding.email), sep="\n  ")
    return bool(found)


if __name__ == "__main__":
    sys.exit(asyncio.run(main(Path(sys.argv[1]))))
