"""As a program: an export that is killed before one of its steps. argv: home, number of the step."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
from packing import order, signer

from evidence import acts, ledger, roots
from evidence.packages import export, zips

home, at = Path(sys.argv[1]), int(sys.argv[2])


def killing(real: Callable[..., Any], *steps: int) -> Callable[..., Any]:
    """``real``, unless this call of it is the step at which to die."""
    left = iter(steps)

    def call(*args: Any, **more: Any) -> Any:
        if next(left, 0) == at:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*args, **more)

    return call


roots.make = killing(roots.make, 1)
acts.append = killing(acts.append, 2)
acts.appended = killing(acts.appended, 0, 4)
zips.CanonicalZip.close = killing(zips.CanonicalZip.close, 0, 3)  # type: ignore[method-assign]
export._name = killing(export._name, 5)
export.export(home / "archive", order(list(ledger.captures(home / "archive")), sealed=True), home / "out" / "a.zip", signer=signer(home))
