"""Faults by name: what each does to a stage for some seconds, and heals."""

from tests.chaos.faults.fault import Fault
from tests.chaos.faults.processes import process_faults
from tests.chaos.faults.servers import server_faults

__all__ = ["Fault", "process_faults", "server_faults"]
