"""Whose fault a refusal is, by what mail servers really say."""

import pytest

from services.mailer import refusals
from services.mailer.refusals import Fault, Stage, enhanced_code, judge, judge_deferral

RECIPIENT: tuple[tuple[Stage, int, str], ...] = (
    # Postfix
    ("rcpt", 550, "5.1.1 <a@b.example>: Recipient address rejected: User unknown in local recipient table"),
    ("rcpt", 550, "5.1.2 <a@b.example>: Recipient address rejected: Domain not found"),
    ("rcpt", 504, "5.5.2 <a@b>: Recipient address rejected: need fully-qualified address"),
    ("rcpt", 550, "5.1.1 <quota@relay-denied.example>: Recipient address rejected: User unknown"),
    # Exim, Sendmail, qmail
    ("rcpt", 550, "Unrouteable address"),
    ("rcpt", 550, "5.1.1 <a@b.example>... User unknown"),
    ("rcpt", 553, "sorry, no mailbox here by that name (#5.1.1)"),
    # Exchange, Gmail, Yahoo
    ("rcpt", 550, "5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"),
    ("rcpt", 550, "5.1.1 The email account that you tried to reach does not exist. Please try double-checking"),
    ("rcpt", 550, "5.2.1 The email account that you tried to reach is disabled."),
    ("rcpt", 552, "5.2.2 The email account that you tried to reach is over quota."),
    ("data", 554, "5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException.MapiExceptionShutoffQuota"),
    ("rcpt", 556, "5.1.10 <a@b.example>: Recipient address rejected: Domain b.example does not accept mail (nullMX)"),
    ("data", 550, "5.1.1 no such user"),
    # An address is no enhanced code.
    ("rcpt", 550, "User unknown (client host [10.2.3.4])"),
    ("rcpt", 553, "5.6.7 no SMTPUTF8 here"),
    ("mail", 553, "5.6.7 non-ASCII addresses not permitted for that sender/recipient"),
)
MESSAGE: tuple[tuple[Stage, int, str], ...] = (
    ("mail", 552, "5.3.4 Message size exceeds fixed limit"),
    ("mail", 552, "Message size exceeds maximum permitted"),
    ("data", 552, "5.3.4 Your message exceeded Google's message size limits."),
    ("data", 554, "Message from 185.5.1.1 rejected as spam"),
    ("data", 554, "5.7.1 Spam message rejected"),
    ("data", 550, "5.7.1 Message content rejected, UBE, id=12345-01"),
    ("data", 552, "5.7.0 This message was blocked because its content presents a potential security issue."),
    ("data", 550, "5.7.1 [192.0.2.1] Our system has detected that this message is likely unsolicited mail."),
    ("data", 554, "5.7.1 Blocked: the message contains a URL listed by SURBL"),
    ("data", 554, "5.6.0 malformed message"),
    ("rcpt", 554, "5.7.1 <a@b.example>: Recipient address rejected: Access denied"),
    ("rcpt", 550, "5.7.1 blocked by 10.5.1.1"),
)
US: dict[str, tuple[tuple[Stage, int, str], ...]] = {
    refusals.HELLO: (
        ("rcpt", 504, "5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname"),
        ("rcpt", 550, "5.7.1 <box>: Helo command rejected: Host not found"),
        ("rcpt", 550, "Rejected: invalid HELO name (See RFC 2821 4.1.1.1)"),
    ),
    refusals.QUOTA: (
        ("data", 550, "5.4.5 Daily user sending limit exceeded. For more information on Gmail sending limits go to"),
        ("rcpt", 550, "5.4.5 Daily SMTP relay sending limit exceeded for customer."),
        (
            "data",
            550,
            "5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
        ),
        ("data", 554, "5.2.2 STOREDRV; submission quota exceeded"),
    ),
    refusals.SENDER: (
        ("rcpt", 553, "5.7.1 <box@b.example>: Sender address rejected: not owned by user tickets"),
        ("rcpt", 550, "5.1.8 <box@b.example>: Sender address rejected: Domain not found"),
        ("rcpt", 550, "5.1.0 <box@b.example>: Sender address rejected: User unknown in virtual mailbox table"),
        ("rcpt", 550, "Sender verify failed"),
        ("data", 550, "5.7.60 SMTP; Client does not have permissions to send as this sender"),
        ("data", 554, "5.2.252 SendAsDenied; box@b.example not allowed to send as"),
        ("data", 550, "5.7.26 This mail has been blocked because the sender is unauthenticated."),
        ("data", 554, "Message rejected: Email address is not verified. The following identities failed"),
        ("data", 550, "The from address does not match a verified Sender Identity. Mail cannot be sent until"),
        ("rcpt", 550, "5.7.23 The message was rejected because of Sender Policy Framework violation"),
    ),
    refusals.ANY: (
        ("mail", 501, "Invalid MAIL FROM address provided"),
        ("mail", 550, "no"),
        ("mail", 550, "5.1.1 odd"),
    ),
    refusals.RELAY: (
        ("rcpt", 554, "5.7.1 <a@b.example>: Relay access denied"),
        ("rcpt", 550, "relay not permitted"),
        ("rcpt", 550, "5.7.1 <a@b.example>... Relaying denied"),
        ("rcpt", 550, "5.7.54 SMTP; Unable to relay recipient in non-accepted domain"),
        ("rcpt", 550, "5.7.1 Unable to relay"),
        ("rcpt", 553, "sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)"),
        ("mail", 550, "5.7.1 Invalid credentials for relay [192.0.2.1]."),
    ),
    refusals.LOGIN: (
        ("mail", 530, "5.7.57 Client not authenticated to send mail"),
        ("rcpt", 530, "Must issue a STARTTLS command first"),
        ("rcpt", 550, "Authentication is required for relay"),
        ("rcpt", 503, "5.5.4 Error: send AUTH command first"),
    ),
    refusals.ACCOUNT: (
        ("data", 554, "Message rejected: Sending paused for this account."),
        ("data", 550, "5.7.0 Please activate your Mailgun account. Check your inbox"),
        ("data", 554, "Sandbox subdomains are for test purposes only. Please add your own domain"),
    ),
    refusals.BLOCKED: (
        ("rcpt", 554, "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org"),
        ("rcpt", 554, "5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied"),
        ("rcpt", 550, "5.7.606 Access denied, banned sending IP [192.0.2.1]"),
        ("mail", 550, "5.7.1 Unfortunately, messages from [192.0.2.1] weren't sent: on our block list (S3150)"),
        ("data", 550, "5.7.25 The IP address sending this message does not have a PTR record setup"),
        ("data", 550, "5.7.1 likely suspicious due to the very low reputation of the sending IP address"),
    ),
}


@pytest.mark.parametrize(
    ("refusal", "fault"),
    [*((refusal, "recipient") for refusal in RECIPIENT), *((refusal, "message") for refusal in MESSAGE)],
)
def test_a_refusal_of_one_address_or_one_mail_is_not_ours(refusal: tuple[Stage, int, str], fault: Fault) -> None:
    assert judge(*refusal).fault == fault


@pytest.mark.parametrize(("words", "refusal"), [(words, refusal) for words, said in US.items() for refusal in said])
def test_a_refusal_of_what_we_are_is_ours_and_says_what_to_look_at(words: str, refusal: tuple[Stage, int, str]) -> None:
    judged = judge(*refusal)

    assert (judged.fault, judged.words) == ("us", words)


@pytest.mark.parametrize(
    ("code", "text", "ours"),
    [
        (454, "4.7.1 <a@b.example>: Relay access denied", True),
        (450, "4.7.1 <localhost>: Helo command rejected: Host not found", True),
        (450, "4.1.8 <box@b.example>: Sender address rejected: Domain not found", True),
        (454, "Throttling failure: Daily message quota exceeded.", True),
        (454, "Throttling failure: Maximum sending rate exceeded.", False),
        (450, "4.2.0 <a@b.example>: Recipient address rejected: Greylisted", False),
        (452, "4.2.2 The email account that you tried to reach is over quota.", False),
        (421, "4.7.0 Try again later, closing connection.", False),
    ],
)
def test_a_no_for_now_is_ours_only_when_waiting_alone_does_not_help(code: int, text: str, ours: bool) -> None:
    judged = judge_deferral(code, text)

    assert (judged is not None and judged.fault == "us") is ours


@pytest.mark.parametrize(
    ("code", "text", "found"),
    [
        (550, "5.1.1 no such user", "5.1.1"),
        (550, "5.1.1", "5.1.1"),
        (550, "User unknown (client host [10.2.3.4])", None),
        (554, "Message from 185.5.1.1 rejected as spam", None),
        (554, "5.1.1.7 is on a list", None),
        (550, "4.1.1 of another class", None),
        (450, "5.1.1 of another class", None),
    ],
)
def test_an_enhanced_code_counts_at_the_start_and_in_its_replys_class(code: int, text: str, found: str | None) -> None:
    assert enhanced_code(code, text) == found
