"""What runs in a rendering process: `python -m services.tickets.worker MODULE MEMORY_BYTES`.

Reads jobs from standard input and answers on standard output, each as eight bytes of length and then
the bytes. A job is a pickled order, its codes and the design; an answer `D` and the PDF, or `F` and a reason.
An empty job asks whether we are there. The first answer, before any job, says that the fonts are loaded.
"""

import ctypes
import importlib
import os
import pickle
import resource
import signal
import sys
from collections.abc import Mapping
from typing import BinaryIO, Literal, Protocol

from shared.messages import OrderPlaced
from shared.priority import step_back

LENGTH_BYTES = 8
Design = Literal["stub", "banner"]

DRAWN, FAILED = b"D", b"F"

_PR_SET_PDEATHSIG = 1


class Renderer(Protocol):
    """The module that draws."""

    def warm_up(self) -> None: ...

    def render(self, order: OrderPlaced, codes: Mapping[str, str], design: Design) -> bytes: ...


def main(module: str, memory_bytes: int) -> None:
    _die_with_parent(os.getppid())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # As far as our parent does, whose session is another.
    step_back(os.getpriority(os.PRIO_PROCESS, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    jobs, answers = _take_pipes()
    renderer: Renderer = importlib.import_module(module)
    renderer.warm_up()
    _write(answers, DRAWN)
    while (job := _read(jobs)) is not None:
        _write(answers, _draw(renderer, job) if job else DRAWN)


def _draw(renderer: Renderer, job: bytes) -> bytes:
    try:
        order, codes, design = pickle.loads(job)  # noqa: S301 - from our own parent, through a pipe nobody else has
        return DRAWN + renderer.render(order, codes, design)
    except MemoryError:
        # Nothing in this process can be relied on now; the parent sees a lost worker and tries a fresh one.
        os._exit(os.EX_OSERR)
    except Exception as error:
        return FAILED + f"{type(error).__name__}: {error}".encode(errors="replace")


def _die_with_parent(parent: int) -> None:
    """A parent killed outright can't tell its workers, and a hanging one would not hear it."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            sys.exit()


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep the pipes to ourselves: what a library prints goes to standard error, not among the answers."""
    jobs, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    with open(os.devnull, "rb") as nothing:
        os.dup2(nothing.fileno(), 0)
    return jobs, answers


def _read(jobs: BinaryIO) -> bytes | None:
    length = jobs.read(LENGTH_BYTES)
    return jobs.read(int.from_bytes(length)) if len(length) == LENGTH_BYTES else None


def _write(answers: BinaryIO, answer: bytes) -> None:
    answers.write(len(answer).to_bytes(LENGTH_BYTES) + answer)
    answers.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
