"""What the tickets service can be told."""

import os

from pydantic import Field

from shared.settings import Settings


class TicketsSettings(Settings):
    """Beside the shared ones: how many processes render."""

    render_processes: int = Field(
        default_factory=lambda: min(4, os.cpu_count() or 1),
        ge=1,
        le=64,
        description="Processes that render PDFs; one more from the first order of over 20 tickets on. "
        "Unset: one a core, at most four.",
    )
