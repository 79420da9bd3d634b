"""How long work may take, in a measure that a slow or busy machine stretches as it stretches the work.

A test allows some five times what the work takes: work that grows with the square of its input takes hundreds of times that.
"""

from __future__ import annotations

import time
from collections.abc import Callable

ROUNDS = 1_500_000


def yardstick() -> float:
    """Seconds of processor time of one fixed piece of work, here and now: about a tenth of a second on the machine this was written on."""
    began = time.process_time()
    total = 0
    for number in range(ROUNDS):
        total += number & 7
    assert total
    return time.process_time() - began


def yards(work: Callable[[], object]) -> float:
    """How many yardsticks ``work`` takes, by the longer of one taken before and one after it."""
    before = yardstick()
    began = time.process_time()
    work()
    spent = time.process_time() - began
    return spent / max(before, yardstick())
