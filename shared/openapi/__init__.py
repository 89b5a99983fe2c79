"""Routes that describe themselves, and the OpenAPI document made of them."""

from shared.openapi.document import document
from shared.openapi.operation import Gives, Operation, Parameter, Patch, described, operation_of

__all__ = ["Gives", "Operation", "Parameter", "Patch", "described", "document", "operation_of"]
