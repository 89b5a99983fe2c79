"""TCP ports on this machine: which are free, and whether those asked for are."""

import errno
import socket
from collections.abc import Mapping

from boxoffice.failures import CannotStart, WrongUsage

LOOPBACK = "127.0.0.1"


def free_port(preferred: int = 0) -> int:
    """A port on the loopback that nothing listens on now: the preferred one when it is free."""
    for port in (preferred, 0) if preferred else (0,):
        try:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((LOOPBACK, port))
                return int(probe.getsockname()[1])
        except OSError:
            continue
    raise CannotStart("this machine has no free TCP port left")


def refuse_taken(wanted: Mapping[str, int]) -> None:
    """`wanted` maps options (`--port`) to ports. Raises `CannotStart` or `WrongUsage` naming port and option."""
    seen: dict[int, str] = {}
    for option, port in wanted.items():
        if port in seen:
            raise WrongUsage(f"{seen[port]} and {option} are both {port}: give each its own port")
        seen[port] = option
        _try(option, port)


def _try(option: str, port: int) -> None:
    # Both: on some systems one may be bound beside the other.
    for host in ("", LOOPBACK):
        try:
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EACCES:
                raise CannotStart(
                    f"port {port} needs more rights than you have: choose one above 1023 with {option}"
                ) from None
            raise CannotStart(
                f"port {port} is taken: stop what listens there, or choose another with {option}"
            ) from None
