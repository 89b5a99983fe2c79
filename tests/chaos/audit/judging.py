"""All of the rules over all of the evidence."""

from collections.abc import Callable, Iterator
from pathlib import Path

from tests.chaos.audit import documents, mailing, placing, waiting
from tests.chaos.audit.evidence import Evidence, gathered
from tests.chaos.audit.findings import Finding

Rule = Callable[[Evidence], Iterator[Finding]]


def processes(evidence: Evidence) -> Iterator[Finding]:
    """Nobody but us ends a service, and all of them serve in the end."""
    for what in evidence.troubles.out_of_service:
        yield Finding("services go on", what)


RULES: tuple[Rule, ...] = (
    placing.told_and_done,
    placing.answers_are_problems,
    placing.stock,
    waiting.nothing_waits_in_silence,
    mailing.no_mail_twice,
    mailing.mails_of_what_stands,
    mailing.told_as_it_went,
    documents.documents,
    processes,
)


async def audit(folder: Path) -> list[Finding]:
    """Everything that is not as promised; empty is good."""
    return judged(await gathered(folder))


async def unfinished(folder: Path) -> list[Finding]:
    """The orders that neither have all they are owed nor visibly wait for it: while there are some, it is too early."""
    return list(waiting.nothing_waits_in_silence(await gathered(folder)))


def judged(evidence: Evidence) -> list[Finding]:
    return [finding for rule in RULES for finding in rule(evidence)]
