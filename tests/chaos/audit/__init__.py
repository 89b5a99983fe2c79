"""Judges a run by what clients were told, the rows, the store, and the mail sink. Shares no code with the product.

    findings = await audit(folder)

`folder` holds the journals that `tests.chaos.run` writes, and `place.json` with where database and store are.
"""

from tests.chaos.audit.evidence import Evidence, gathered
from tests.chaos.audit.findings import Finding
from tests.chaos.audit.judging import audit, judged, unfinished
from tests.chaos.audit.story import story

__all__ = ["Evidence", "Finding", "audit", "gathered", "judged", "story", "unfinished"]
