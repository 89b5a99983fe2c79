"""`make chaos`: a run, told as it goes; the exit code is 1 when the auditor found something."""

import asyncio
import shutil
import sys
import tempfile
import time
from pathlib import Path

from tests.chaos.noise import tracebacks
from tests.chaos.options import Options, parsed
from tests.chaos.run import Verdict, run

SHOWN = 40


def main() -> int:
    options = parsed(sys.argv[1:])
    folder = options.folder or Path(tempfile.mkdtemp(prefix="boxoffice-chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - began:7.1f} s  {line}", flush=True)

    say(f"make chaos ARGS='{options}', in {folder}")
    verdict = asyncio.run(run(options, folder, say))
    _tell(verdict, options, folder)
    if not verdict.findings and not options.keep and not options.folder:
        shutil.rmtree(folder, ignore_errors=True)
    return bool(verdict.findings)


def _tell(verdict: Verdict, options: Options, folder: Path) -> None:
    print(f"\n{verdict.orders} orders, {verdict.mails} mails, {verdict.strikes} faults; seed {options.seed}")
    for what in verdict.impossible:
        print(f"  not done here: {what}")
    for cause, count in tracebacks(folder).most_common(SHOWN):
        print(f"  {count} tracebacks of {cause}")
    for finding in verdict.findings[:SHOWN]:
        print(f"  {finding}")
    if not verdict.findings:
        print("  everything is as promised")
        return
    if len(verdict.findings) > SHOWN:
        print(f"  … and {len(verdict.findings) - SHOWN} more")
    print("", *verdict.stories, sep="\n\n")
    print(f"\n{len(verdict.findings)} findings; again: make chaos ARGS='{options}'; journals and logs in {folder}")


if __name__ == "__main__":
    sys.exit(main())
