"""What stops a patrol.

PatrolError          it cannot begin: misuse, or another one is running
 └── PatrolStopped   it had to stop; what is done is safe, and --resume goes on
"""

from __future__ import annotations


class PatrolError(Exception):
    """The message is one Chinese line that says what to do."""


class PatrolStopped(PatrolError):
    pass
