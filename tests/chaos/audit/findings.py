"""What an auditor finds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """`promise` is the one that was broken; `email` the buyer's whose story tells more, empty for none."""

    promise: str
    what: str
    email: str = ""

    def __str__(self) -> str:
        return f"{self.promise}: {self.what}" + (f" [{self.email}]" if self.email else "")
