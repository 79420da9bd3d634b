"""A kill at any line: the work is done in a child that ends itself, without clean-up, before the n-th line of ours that it would run."""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

OURS = str(Path(__file__).resolve().parents[2] / "evidence")
KILLED = 77


def lines_of(work: Callable[[], object], folder: str = OURS) -> int:
    """How many lines of ``folder`` the work runs."""
    counted = 0

    def local(frame: FrameType, event: str, arg: Any) -> Any:
        nonlocal counted
        counted += event == "line"
        return local

    before = sys.gettrace()
    sys.settrace(lambda frame, event, arg: local if frame.f_code.co_filename.startswith(folder) else None)
    try:
        work()
    finally:
        sys.settrace(before)
    return counted


def killed_at(number: int, work: Callable[[], object], folder: str = OURS, within: float = 60) -> bool:
    """Does ``work`` in a forked child that dies before its ``number``-th line (from 0); False where it ended before that."""
    child = os.fork()
    if not child:
        left = number

        def local(frame: FrameType, event: str, arg: Any) -> Any:
            nonlocal left
            if event == "line":
                left -= 1
                if left < 0:
                    os._exit(KILLED)
            return local

        try:
            sys.settrace(lambda frame, event, arg: local if frame.f_code.co_filename.startswith(folder) else None)
            work()
            os._exit(0)
        except BaseException:
            sys.settrace(None)
            traceback.print_exc()
            os._exit(1)
    until = time.monotonic() + within
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            assert code in (0, KILLED), f"the child ended with {code}"
            return code == KILLED
        time.sleep(0.002)
    os.kill(child, 9)
    os.waitpid(child, 0)
    raise AssertionError(f"the child did not end within {within} s")
