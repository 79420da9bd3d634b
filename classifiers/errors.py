"""What stops the judge: settings it cannot read. The message names file, line and field, and what to write instead.

AdPatrolError
 └── ConfigError     file, line, field, message   -> exit 2, one line
"""

from __future__ import annotations


class AdPatrolError(Exception):
    """Base of the errors a person can mend; the message is one line."""


class ConfigError(AdPatrolError):
    """A settings file that cannot be used."""

    def __init__(self, file: str, message: str, *, line: int = 0, field: str = "") -> None:
        self.file, self.line, self.field, self.message = file, line, field, message
        where = file + (f" 第 {line} 行" if line else "") + (f" 字段 {field}" if field else "")
        super().__init__(f"{where}：{message}")
