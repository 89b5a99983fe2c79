"""How a mail server can misbehave: what it does at which verb, for a share of those who come there."""

from dataclasses import dataclass
from typing import Literal

# `dot` is the end of the data, before the answer; `after` is right behind the 250 to it.
Verb = Literal["connect", "ehlo", "mail", "rcpt", "data", "dot", "after", "quit"]
# `reply` answers with `text`, `drop` ends the connection without an answer, `stall` says nothing while it lasts,
# `take-and-drop` takes the mail and ends the connection without saying so.
Manner = Literal["reply", "drop", "stall", "take-and-drop"]


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """`share` of the clients at this verb meet it, 0 to 1."""

    verb: Verb
    manner: Manner
    text: str = ""
    share: float = 1.0

    @property
    def name(self) -> str:
        return f"smtp-{self.verb}-{self.text[:3] if self.text else self.manner}"


# Every verb is dropped and stalled; refusals for now where servers give them; for good about the recipient, and about
# the sender. Shares are small where a refusal costs a mail a wait of minutes or its end.
MISBEHAVIOURS: tuple[Misbehaviour, ...] = (
    Misbehaviour("connect", "drop"),
    Misbehaviour("connect", "stall"),
    Misbehaviour("connect", "reply", "421 4.3.2 too busy"),
    Misbehaviour("connect", "reply", "554 5.3.2 no service here"),
    Misbehaviour("ehlo", "drop"),
    Misbehaviour("ehlo", "stall"),
    Misbehaviour("ehlo", "reply", "421 4.3.2 closing"),
    Misbehaviour("mail", "drop"),
    Misbehaviour("mail", "stall"),
    Misbehaviour("mail", "reply", "421 4.7.0 too many mails on this connection"),
    Misbehaviour("mail", "reply", "451 4.3.0 try again later", 0.2),
    Misbehaviour("mail", "reply", "553 5.7.1 sender address rejected: not owned by you", 0.2),
    Misbehaviour("rcpt", "drop"),
    Misbehaviour("rcpt", "stall"),
    Misbehaviour("rcpt", "reply", "451 4.7.1 greylisted, try again in five minutes", 0.3),
    Misbehaviour("rcpt", "reply", "550 5.1.1 no such mailbox", 0.3),
    Misbehaviour("data", "drop"),
    Misbehaviour("data", "stall"),
    Misbehaviour("data", "reply", "451 4.3.0 no room in the queue", 0.3),
    Misbehaviour("dot", "drop"),
    Misbehaviour("dot", "stall"),
    Misbehaviour("dot", "take-and-drop", share=0.5),
    Misbehaviour("dot", "reply", "451 4.3.0 can't write now", 0.3),
    Misbehaviour("after", "drop"),
    Misbehaviour("quit", "drop"),
    Misbehaviour("quit", "stall"),
    Misbehaviour("quit", "reply", "421 4.3.2 closing"),
)
