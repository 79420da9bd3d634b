"""A program on a terminal of its own, as a person sits before it: what it writes is kept, Ctrl-C goes to its foreground group."""

from __future__ import annotations

import fcntl
import os
import pty
import subprocess
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path


class Terminal:
    def __init__(self, command: Sequence[str], *, folder: Path, env: Mapping[str, str]) -> None:
        self._master, slave = pty.openpty()
        self.process = subprocess.Popen(
            command, cwd=folder, env=dict(env), stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(slave)
        self._seen = bytearray()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        while True:
            try:
                chunk = os.read(self._master, 65_536)
            except OSError:  # the last process on the terminal is gone
                return
            if not chunk:
                return
            self._seen += chunk

    @property
    def text(self) -> str:
        return self._seen.decode("utf-8", "replace")

    def until(self, words: str, seconds: float) -> None:
        """Until ``words`` stand on the screen; fails with the screen where they do not come in so many seconds."""
        end = time.monotonic() + seconds
        while words not in self.text:
            assert time.monotonic() < end and self.process.poll() is None, f"no {words!r} in\n{self.text[-4000:]}"
            time.sleep(0.05)

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *error: object) -> None:
        """Whatever failed, the next test finds nobody on the ports."""
        if self.process.poll() is None:
            self.ctrl_c()
            self.process.wait(90)

    def ctrl_c(self) -> None:
        os.write(self._master, b"\x03")

    def ended(self, seconds: float = 60.0) -> int:
        """The exit code."""
        code = self.process.wait(seconds)
        self._reader.join(5)  # it takes what was written last, and ends with the last process on the terminal
        return code
