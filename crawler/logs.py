"""What libraries have to say while a patrol runs: a bounded file in the home, every line escaped. Nothing of it reaches the terminal."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from logging.handlers import RotatingFileHandler
from pathlib import Path

MAX_BYTES = 5 * 1024 * 1024
KEPT = 3
MAX_LINE = 2_000


class _OneLine(logging.Formatter):
    """A site's words cannot begin a line of their own, nor move a terminal's cursor."""

    def format(self, record: logging.LogRecord) -> str:
        said = record.getMessage()
        if record.exc_info and record.exc_info[1] is not None:
            said = f"{said} [{type(record.exc_info[1]).__name__}: {record.exc_info[1]}]"
        safe = "".join(c if c.isprintable() else f"\\x{ord(c):02x}" for c in said)[:MAX_LINE]
        return f"{self.formatTime(record)} {record.levelname} {record.name} {safe}"


@contextmanager
def logged_to(file: Path) -> Iterator[None]:
    file.parent.mkdir(parents=True, exist_ok=True)
    handler = RotatingFileHandler(file, maxBytes=MAX_BYTES, backupCount=KEPT, encoding="utf-8")
    handler.setFormatter(_OneLine())
    handler.setLevel(logging.WARNING)
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.close()
