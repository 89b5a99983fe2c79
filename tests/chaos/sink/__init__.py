"""A mail server that takes every mail, notes it, and misbehaves at any verb when told to."""

from tests.chaos.sink.misbehaviour import MISBEHAVIOURS, Misbehaviour
from tests.chaos.sink.server import Sink

__all__ = ["MISBEHAVIOURS", "Misbehaviour", "Sink"]
