"""What stops a patrol.

PatrolError          it cannot begin: misuse, or another one is running
 └── PatrolStopped   it had to stop; what is done is safe, and --resume goes on
      └── PatrolInterrupted   it was asked to, by a signal
"""

from __future__ import annotations


class PatrolError(Exception):
    """The message is one Chinese line that says what to do."""


class PatrolStopped(PatrolError):
    """``captures``: how many of the run are in the archive. ``at_once``: visits were cut off, and threads of theirs may still wait for an
    answer; the process should not."""

    def __init__(self, why: str, *, captures: int = 0, at_once: bool = False) -> None:
        super().__init__(why)
        self.captures, self.at_once = captures, at_once


class PatrolInterrupted(PatrolStopped):
    """``signal``: its number."""

    def __init__(self, number: int, *, captures: int = 0, at_once: bool = False) -> None:
        super().__init__("巡查已按要求停下", captures=captures, at_once=at_once)
        self.signal = number
