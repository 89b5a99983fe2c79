"""Whose fault a mail server's refusal is. Rules only: no I/O.

recipient   the address takes no mail: its owner must hear of it
message     this one mail is not wanted: others may go
us          the installation's trouble (its name, sender, quota, account, address): no mail is to blame

Read in this order, the first that fits: the command that was refused (MAIL FROM is always us, but for the mail's size),
words that name us beyond doubt, the enhanced code, words that are likely to mean us, the bare code.
An enhanced code (RFC 3463) counts at the reply's start alone, and only when its class is the reply's first digit:
anywhere else it may be part of an IP address.
"""

import re
from dataclasses import dataclass
from typing import Literal

Stage = Literal["mail", "rcpt", "data"]
Fault = Literal["recipient", "message", "us"]

# RFC 3463 sections 3.2 and 3.3, RFC 6531, RFC 7505: unknown mailbox or domain, bad syntax, moved, a domain that takes
# no mail; a mailbox that is disabled or full; letters before the @ that no server on the way can carry.
BAD_ADDRESS = frozenset(
    {"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.2.0", "5.2.1", "5.2.2", "5.2.4", "5.6.7"}
)
# Codes that without an enhanced one mean the recipient, when they answer RCPT (RFC 5321 section 4.2.2).
NO_SUCH_MAILBOX = frozenset({550, 551, 553, 556})
# "Log in first", "log in better", "encrypt first" (RFC 4954 section 6, RFC 3207 section 4).
LOGIN_WANTED = frozenset({530, 534, 535, 538})

HELLO = "refuses the name we greet it with: set HELO_NAME to a full name that leads to this machine"
SENDER = "refuses our sender address: check MAIL_FROM, and that its domain lets this server send (SPF, DKIM, DMARC)"
QUOTA = "says our sending quota is spent"
RELAY = "does not relay for us: check the login in SMTP_URL, or have this machine allowed"
LOGIN = "wants a login or TLS first: check SMTP_URL"
ACCOUNT = "says our account there may not send"
BLOCKED = "blocks our address or our domain: ask its operator, and look at blocklists and reverse DNS"
ANY = "refuses every mail at MAIL FROM"

# Gmail's 5.4.5; Exchange Online's from 5.1.90 on; RFC 7372 (SPF, DKIM, reverse DNS) and RFC 5248 for the others.
_OUR_CODES = {
    "5.1.7": SENDER, "5.1.8": SENDER, "5.1.90": QUOTA, "5.2.252": SENDER, "5.4.5": QUOTA,
    "5.7.3": LOGIN, "5.7.8": LOGIN, "5.7.9": SENDER, "5.7.10": LOGIN, "5.7.11": LOGIN, "5.7.13": ACCOUNT,
    "5.7.14": LOGIN, "5.7.57": LOGIN, "5.7.54": RELAY, "5.7.60": SENDER, "5.7.64": RELAY, "5.7.25": BLOCKED,
    "5.7.28": BLOCKED, "5.7.232": QUOTA, "5.7.233": QUOTA, "5.7.236": QUOTA, "5.7.509": SENDER,
    "5.7.705": QUOTA, "5.7.708": BLOCKED, "5.7.750": SENDER,
}  # fmt: skip
_OUR_RANGES = (
    (re.compile(r"5\.7\.2\d"), SENDER),
    (re.compile(r"5\.7\.5\d\d"), ACCOUNT),
    (re.compile(r"5\.7\.6[0-4]\d"), BLOCKED),
    (re.compile(r"5\.7\.7\d\d"), ACCOUNT),
)

# These win over any code: Postfix says `550 5.1.0 Sender address rejected: User unknown`.
_BEYOND_DOUBT = (
    (r"\b(helo|ehlo)\b.{0,40}\b(rejected|refused|invalid|denied|required)\b", HELLO),
    (r"\b(invalid|bad|forged|fake|rejected|unqualified)\b.{0,20}\b(helo|ehlo)\b", HELLO),
    (r"client host rejected|cannot find your (reverse )?hostname", BLOCKED),
    (r"sender address rejected|sender verif(y|ication) failed|verification failed for", SENDER),
    (r"send ?as ?denied|not owned by user|bad outbound sender|permissions? to send as", SENDER),
    (r"\bsender (is )?(not (allowed|authori[sz]ed|permitted|verified)|unauthori[sz]ed|denied)", SENDER),
    (
        r"\b(sending|submission|outbound)\b.{0,40}\b(quota|limit)|\b(daily|hourly|monthly)\b.{0,40}\b(quota|limit)",
        QUOTA,
    ),
    (r"\bcredits? (exceeded|exhausted|spent)", QUOTA),
    (r"\brelay(ing)?\b.{0,30}\b(denied|not (permitted|allowed)|prohibited|rejected)\b", RELAY),
    (r"\b(unable|not permitted|not allowed) to relay\b|\bcredentials for relay\b|\brcpthosts\b", RELAY),
    (r"\bauthenticat\w+ (is )?required|\bmust (first )?authenticate|\bauth(entication)? (command )?first", LOGIN),
    (r"\bunauthenticated senders?\b|\bissue a? ?starttls", LOGIN),
)
_LIKELY = (
    (r"need fully.qualified hostname", HELLO),
    (r"\bnot verified\b|\bverified sender\b|\bsender (identity|signature)\b", SENDER),
    (r"\b(spf|dkim|dmarc)\b|\bsender (is )?(unknown|rejected|invalid)", SENDER),
    (r"\byour\b.{0,30}\baccount\b|\bfor this account\b|sending paused", ACCOUNT),
    (r"test purposes only|not authorized to perform", ACCOUNT),
    (r"\bblocked using\b|\b(black|block|deny) ?list|\b(dns|r)bl\b|spamhaus|barracuda|\breputation\b", BLOCKED),
    (r"\b(ip|ip address|host|network|server)\b.{0,60}\b(blocked|banned|listed|blacklisted)\b", BLOCKED),
    (r"\bbanned sending ip\b|\bunusual rate\b|\bPTR\b|\breverse dns\b", BLOCKED),
)
_OF_ITS_CONTENT = re.compile(r"\b(content|uribl|surbl|dbl|url|link|virus|malware|attachment)\b", re.I)
_TOO_BIG = re.compile(r"\b(size|too (big|large|long))\b", re.I)
_NAMED_RECIPIENT = re.compile(r"\brecipient address rejected\b", re.I)
# What a server quotes of ours, the recipient's address above all, must not read as its own words.
_QUOTED = re.compile(r"<[^>]*>")
_ENHANCED = re.compile(r"([245])\.\d{1,3}\.\d{1,3}(?!\S)")


@dataclass(frozen=True, slots=True)
class Judgement:
    """`words`, for a fault of ours, say what is wrong and go on after "the mail server"; no word is the server's."""

    fault: Fault
    words: str = ""


def judge(stage: Stage, code: int, text: str) -> Judgement:
    """Of a final no (5xx).

    >>> judge("rcpt", 550, "5.1.1 <nobody@example.org>: user unknown").fault
    'recipient'
    >>> judge("rcpt", 554, "5.7.1 <ada@example.org>: Relay access denied").fault
    'us'
    """
    said, enhanced = _QUOTED.sub("", text), enhanced_code(code, text)
    if code in LOGIN_WANTED:
        return Judgement("us", LOGIN)
    if stage == "mail":
        return _at_mail_from(code, enhanced, said)
    if words := _found(_BEYOND_DOUBT, said):
        return Judgement("us", words)
    if enhanced in BAD_ADDRESS:
        return Judgement("recipient")
    if words := _of_code(enhanced):
        return Judgement("us", words)
    if not (_OF_ITS_CONTENT.search(said) or _NAMED_RECIPIENT.search(said)) and (words := _found(_LIKELY, said)):
        return Judgement("us", words)
    if stage == "rcpt" and (_bad_by_code(code, enhanced) or (_NAMED_RECIPIENT.search(said) and code == 504)):
        return Judgement("recipient")
    return Judgement("message")


def judge_deferral(code: int, text: str) -> Judgement | None:
    """Of a no for now (4xx): what waiting alone does not mend, since it is ours. None for all else.

    >>> judge_deferral(454, "4.7.1 <ada@example.org>: Relay access denied").fault
    'us'
    """
    words = _found(_BEYOND_DOUBT, _QUOTED.sub("", text))
    return Judgement("us", words) if words else None


def judge_greeting(code: int, text: str) -> Judgement | None:
    """Of a no before any mail (5xx): only when it names us."""
    words = _found(_BEYOND_DOUBT, text) or _of_code(enhanced_code(code, text)) or _found(_LIKELY, text)
    return Judgement("us", words) if 500 <= code < 600 and words else None


def enhanced_code(code: int, text: str) -> str | None:
    """
    >>> enhanced_code(550, "5.1.1 no such user"), enhanced_code(554, "4.1.1 odd"), enhanced_code(550, "at 10.5.1.1")
    ('5.1.1', None, None)
    """
    found = _ENHANCED.match(text)
    return found[0] if found and int(found[1]) == code // 100 else None


def _at_mail_from(code: int, enhanced: str | None, said: str) -> Judgement:
    if enhanced in ("5.3.4", "5.2.3") or (code == 552 and _TOO_BIG.search(said)):
        return Judgement("message")
    if enhanced == "5.6.7":
        return Judgement("recipient")
    return Judgement("us", _found(_BEYOND_DOUBT, said) or _of_code(enhanced) or _found(_LIKELY, said) or ANY)


def _of_code(enhanced: str | None) -> str | None:
    if enhanced is None:
        return None
    ranged = (words for pattern, words in _OUR_RANGES if pattern.fullmatch(enhanced))
    return _OUR_CODES.get(enhanced) or next(ranged, None)


def _bad_by_code(code: int, enhanced: str | None) -> bool:
    return enhanced is None and code in NO_SUCH_MAILBOX


def _found(rules: tuple[tuple[str, str], ...], said: str) -> str | None:
    return next((words for pattern, words in rules if re.search(pattern, said, re.I)), None)
