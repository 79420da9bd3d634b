"""Asked to stop by a signal: the first time in good order, the second time at once. Whatever is on disk stays, either way."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def signals_to(asked: Callable[[int], None]) -> Iterator[None]:
    """``asked(number)`` for each of SIGNALS that comes meanwhile, in the main thread, between two of its steps. What was set before is set
    again at the end, so that Ctrl-C works on whoever called us."""
    def heard(number: int, frame: FrameType | None) -> None:
        asked(number)

    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        if before[number] is not signal.SIG_IGN:  # nohup
            signal.signal(number, heard)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
