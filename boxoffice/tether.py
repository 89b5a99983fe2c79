"""Runs a command that can't outlive us.

Called as a script between us and the command: gives up root's rights where asked, has the kernel
send a signal when our process is gone, even by `kill -9` (Linux; elsewhere a clean stop alone ends
it), and becomes the command. A step of its own instead of `subprocess(user=, preexec_fn=)`: the
wish to be signalled is lost by changing the user afterwards, and a forked Python with threads can
hang before it gets there.
"""

import ctypes
import os
import signal
import sys
from collections.abc import Sequence

# <linux/prctl.h>
PR_SET_PDEATHSIG = 1


def tethered(command: Sequence[str], farewell: signal.Signals, user: tuple[int, int] | None = None) -> list[str]:
    """The command line that runs `command` as `user` (uid, gid) and sends it `farewell` when we die."""
    uid, gid = user or (-1, -1)
    script = [sys.executable, "-I", "-S", os.path.abspath(__file__)]
    return [*script, str(os.getpid()), str(int(farewell)), str(uid), str(gid), *command]


def main(arguments: Sequence[str]) -> None:
    parent, farewell, uid, gid = (int(argument) for argument in arguments[:4])
    if uid >= 0:
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, farewell, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the process that asked for this one is gone")
    command = list(arguments[4:])
    os.execvp(command[0], command)  # noqa: S606 - this is what we are for


if __name__ == "__main__":
    main(sys.argv[1:])
