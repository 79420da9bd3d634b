"""The processes that the demo starts, and their end: in order, with all that they started, whatever ended the demo itself."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from pathlib import Path
from types import TracebackType

END_S = 60.0  # the console ends its own server and ingest within this


class Children:
    """``with Children(folder) as children``: what is started inside is ended at the end, the newest first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._all: list[subprocess.Popen[bytes]] = []

    def start(self, *command: str, quiet: bool = False) -> subprocess.Popen[bytes]:
        """In a process group of its own: the terminal's Ctrl-C reaches the demo alone, which ends its children in order."""
        child = subprocess.Popen(command, cwd=self._folder, process_group=0, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL if quiet else None)
        self._all.append(child)
        return child

    def __enter__(self) -> Children:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """As a person would with Ctrl-C, then harder. An impatient second Ctrl-C shortens the waiting and leaves nothing behind."""
        patience = END_S
        for child in reversed(self._all):
            while child.poll() is None:
                child.send_signal(signal.SIGINT)
                try:
                    child.wait(patience)
                except KeyboardInterrupt:
                    patience = min(patience, 5.0)
                except subprocess.TimeoutExpired:
                    break
            with contextlib.suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
