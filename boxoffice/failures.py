"""What a person can put right: told in one line, without a traceback.

CannotStart         something around us is in the way; the process's exit code is 1
└── WrongUsage      what was asked for can't be meant; exit code 2
"""

from typing import ClassVar


class CannotStart(Exception):
    """Its text is one line that says what is wrong and what to do."""

    exit_code: ClassVar[int] = 1


class WrongUsage(CannotStart):
    """An option or a setting has a value that is not allowed."""

    exit_code: ClassVar[int] = 2
