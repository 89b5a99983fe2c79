"""What follows from an attempt: rules over plain data."""

import subprocess
import sys
from datetime import timedelta

import pytest

from services.mailer.outcomes import (
    Deferred,
    LineBroken,
    Misconfigured,
    Outcome,
    Refused,
    Sent,
    Settle,
    Tries,
    Unreachable,
    Wait,
    after,
)

MIDDLE = 0.5
FRESH = Tries()


def test_a_mail_that_went_is_settled() -> None:
    assert after(Sent(), FRESH, MIDDLE) == Settle("sent")


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (Refused("rcpt", 550, "5.1.1 no such user"), "bounced"),
        (Refused("data", 550, "5.1.1 no such user"), "bounced"),
        (Refused("rcpt", 556, "5.1.10 takes no mail"), "bounced"),
        (Refused("rcpt", 552, "5.2.2 mailbox full"), "bounced"),
        (Refused("rcpt", 553, "5.6.7 no SMTPUTF8 here"), "bounced"),
        (Refused("rcpt", 550, "No such user here"), "bounced"),
        (Refused("rcpt", 550, "5.7.1 blocked by 10.5.1.1"), "failed"),
        (Refused("data", 550, "message refused"), "failed"),
        (Refused("rcpt", 554, "refused"), "failed"),
        (Refused("mail", 552, "5.3.4 too big"), "failed"),
    ],
)
def test_a_final_no_is_the_addresss_or_ours(refusal: Refused, status: str) -> None:
    step = after(refusal, FRESH, MIDDLE)

    assert isinstance(step, Settle)
    assert (step.status, step.reason) == (status, f"{refusal.code} {refusal.text}")


@pytest.mark.parametrize(
    ("outcome", "tries", "step"),
    [
        (Deferred("rcpt", 450, "later"), FRESH, Wait(timedelta(minutes=10), "450 later", counts=True)),
        (Deferred("rcpt", 450, "later"), Tries(3), Wait(timedelta(hours=1), "450 later", counts=True)),
        (LineBroken("rcpt", "gone"), FRESH, Wait(timedelta(seconds=5), "gone", counts=True)),
        (LineBroken("data", "gone"), FRESH, Wait(timedelta(seconds=5), "gone", counts=True, doubtful=True)),
        (Unreachable("away"), FRESH, Wait(timedelta(seconds=1), "away", counts=False)),
        (Unreachable("away"), Tries(8, 500), Wait(timedelta(seconds=60), "away", counts=False)),
        (Misconfigured("535"), FRESH, Wait(timedelta(seconds=60), "535", counts=False)),
    ],
)
def test_what_passes_is_waited_for(outcome: Outcome, tries: Tries, step: Wait) -> None:
    assert after(outcome, tries, MIDDLE) == step


@pytest.mark.parametrize("outcome", [Deferred("rcpt", 450, "later"), LineBroken("data", "gone")])
def test_the_ninth_attempt_is_the_last(outcome: Outcome) -> None:
    step = after(outcome, Tries(attempts=8), MIDDLE)

    assert isinstance(step, Settle)
    assert step.status == "failed"
    assert step.reason
    assert "after 9 attempts" in step.reason


def test_the_rules_know_no_driver() -> None:
    rules = "services.mailer.outcomes, services.mailer.schedule, services.mailer.addresses"
    drivers = "{'aiosmtplib', 'asyncpg', 'obstore', 'aiohttp', 'asyncio'}"
    program = f"import sys, {rules}; print(*(set(sys.modules) & {drivers}))"

    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == ""
